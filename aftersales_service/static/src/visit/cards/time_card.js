/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { useMinuteClock } from "../../countdown/minute_clock";
import { newId } from "../sync/visit_queue";
import { readMoment, wireMoment } from "../sync/visit_sync";
import { VisitCard } from "./visit_card";

import { Component } from "@odoo/owl";

const { DateTime } = luxon;

/** Hours as people say them. */
export function hoursText(hours) {
    const minutes = Math.round((hours || 0) * 60);
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Labour and travel: started and stopped with one touch, or typed. */
export class TimeCard extends Component {
    static template = "aftersales_service.TimeCard";
    static components = { VisitCard };
    static props = {
        sync: Object,
        lines: Array,
        job: { type: Object, optional: true },
        mode: String,
        isLocked: Boolean,
    };

    setup() {
        this.clock = useMinuteClock();
    }

    get kinds() {
        const kinds = [{ key: "labour", label: _t("Work"), icon: "fa-wrench" }];
        return this.props.mode === "remote"
            ? kinds
            : [...kinds, { key: "travel", label: _t("Travel"), icon: "fa-car" }];
    }

    icon(line) {
        return line.kind === "travel" ? "fa-car" : "fa-wrench";
    }

    isRunning(line) {
        return Boolean(line.started_at && !line.ended_at);
    }

    running(kind) {
        return this.props.lines.find((line) => line.kind === kind && this.isRunning(line));
    }

    get summary() {
        const total = this.props.lines.reduce((sum, { hours }) => sum + (hours || 0), 0);
        return total ? hoursText(total) : "";
    }

    elapsed(line) {
        return hoursText(this.clock.now.diff(readMoment(line.started_at)).as("hours"));
    }

    hours(line) {
        return hoursText(line.hours);
    }

    start(kind) {
        this.create(kind, { started_at: wireMoment() });
    }

    stop(line) {
        this.set(line, { ended_at: wireMoment() });
    }

    create(kind, values) {
        const name = kind === "travel" ? _t("Travel") : _t("Work");
        const job_id = (kind === "labour" && this.props.job?.id) || false;
        this.props.sync.change("line", newId(), { kind, name, job_id, ...values });
    }

    type(kind) {
        this.create(kind, { hours: 0 });
    }

    set(line, values) {
        this.props.sync.change("line", line.id, values);
    }

    /** Typed as 1:30, 1,5 or 1.5. */
    setHours(line, text) {
        const [whole, minutes] = text.trim().replace(",", ".").split(":");
        const hours = Number(whole) + (minutes ? Number(minutes) / 60 : 0);
        if (Number.isFinite(hours) && hours >= 0) {
            this.set(line, { hours: Math.round(hours * 10_000) / 10_000 });
        }
    }

    setDistance(line, text) {
        this.set(line, { distance_km: Math.max(0, Number(text) || 0) });
    }

    clockText(text) {
        return text ? readMoment(text).toFormat("HH:mm") : "";
    }

    /** The day of the line stays; an end before the beginning is on the next day. */
    setClock(line, name, text) {
        if (!text) {
            return;
        }
        const [hour, minute] = text.split(":").map(Number);
        const day = readMoment(line.started_at || line.ended_at) || DateTime.now();
        let moment = day.set({ hour, minute, second: 0, millisecond: 0 });
        const start = readMoment(line.started_at);
        if (name === "ended_at" && start && moment < start) {
            moment = moment.plus({ days: 1 });
        }
        const values = { [name]: wireMoment(moment) };
        const end = readMoment(line.ended_at);
        if (name === "started_at" && end && end < moment) {
            values.ended_at = wireMoment(end.plus({ days: 1 }));
        }
        this.set(line, values);
    }

    remove(line) {
        this.props.sync.remove("line", line.id);
    }
}
