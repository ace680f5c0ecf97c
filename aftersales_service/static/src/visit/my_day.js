/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { countdownText } from "../countdown/countdown_text";
import { useMinuteClock } from "../countdown/minute_clock";
import { VisitStorage } from "./sync/visit_storage";
import { readMoment } from "./sync/visit_sync";

import { Component, onWillStart, useState } from "@odoo/owl";

const { DateTime } = luxon;
const DAY = "day";

/** The visits of today and tomorrow, in their order. */
export class MyDay extends Component {
    static template = "aftersales_service.MyDay";
    static props = { onOpen: Function };

    setup() {
        this.clock = useMinuteClock();
        this.storage = new VisitStorage();
        this.state = useState({ visits: [], unsent: {}, isConnected: true, isLoading: true });
        onWillStart(() => this.load());
    }

    async load() {
        this.state.isLoading = true;
        try {
            const { orm } = this.env.services;
            this.state.visits = await orm.silent.call("aftersales.dispatch", "visit_day", []);
            this.state.isConnected = true;
            await this.storage.writeVisit(DAY, this.state.visits);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.state.isConnected = false;
            this.state.visits = (await this.storage.readVisit(DAY)) || [];
        }
        for (const { id } of this.state.visits) {
            const kept = await this.storage.readVisit(id);
            this.state.unsent[id] = Boolean(kept?.queue?.length);
        }
        this.state.isLoading = false;
    }

    /** The visits by the day at their sites. */
    get days() {
        const days = new Map();
        for (const visit of this.state.visits) {
            const start = this.start(visit);
            const key = start ? start.toISODate() : "";
            if (!days.has(key)) {
                days.set(key, { key, title: this.dayTitle(start), visits: [] });
            }
            days.get(key).visits.push(visit);
        }
        return [...days.values()];
    }

    dayTitle(start) {
        if (!start) {
            return _t("Without a Time");
        }
        const today = DateTime.now().setZone(start.zone);
        if (start.hasSame(today, "day")) {
            return _t("Today");
        }
        if (start.hasSame(today.plus({ days: 1 }), "day")) {
            return _t("Tomorrow");
        }
        return start.toLocaleString({ weekday: "long", day: "numeric", month: "long" });
    }

    start(visit) {
        return readMoment(visit.scheduled_start)?.setZone(visit.tz);
    }

    time(visit) {
        return this.start(visit)?.toLocaleString(DateTime.TIME_SIMPLE) || "";
    }

    isLate(visit) {
        return readMoment(visit.next_deadline) < this.clock.now;
    }

    promise(visit) {
        return countdownText(readMoment(visit.next_deadline), this.clock.now);
    }
}
