/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { readMoment } from "./sync/visit_sync";

import { Component } from "@odoo/owl";

const { DateTime } = luxon;

/** What is not sent yet, what was refused, and what somebody else has changed. */
export class VisitNotices extends Component {
    static template = "aftersales_service.VisitNotices";
    static props = { sync: Object, state: Object };

    get keptText() {
        const moment = readMoment(this.props.state.keptAt);
        return moment
            ? _t("Not sent yet: kept on this phone, %(time)s", {
                  time: moment.toLocaleString(DateTime.TIME_SIMPLE),
              })
            : _t("Not sent yet");
    }

    get problem() {
        return this.props.state.queue.find(({ error }) => error);
    }

    get isTooLate() {
        const { page, queue } = this.props.state;
        return !page.visit.can_save && queue.length && !this.props.state.isSending;
    }

    /** The texts that would be lost, for somebody to copy them. */
    get lostTexts() {
        return this.props.state.queue
            .flatMap(({ changes }) => changes || [])
            .flatMap(({ set }) => Object.entries(set || {}))
            .filter(([name, value]) => typeof value === "string" && name !== "image")
            .map(([, value]) => value);
    }

    wording(value) {
        return typeof value === "string" ? value : String(value || "—");
    }
}
