/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { formatFloatTime } from "@web/views/fields/formatters";
import { momentText } from "../countdown/countdown_text";

import { Component } from "@odoo/owl";

/** How each kind of row looks: icon and colour. */
const LOOKS = {
    start: ["fa-play", "text-bg-info"],
    pause: ["fa-pause", "text-bg-secondary"],
    resume: ["fa-play", "text-bg-info"],
    stop: ["fa-flag-checkered", "text-bg-success"],
    reopen: ["fa-undo", "text-bg-warning"],
    retarget: ["fa-exchange", "text-bg-info"],
    void: ["fa-ban", "text-bg-secondary"],
    correction: ["fa-pencil", "text-bg-warning"],
    alert: ["fa-bell", "text-bg-warning"],
};

/** The ledger of a clock as a timeline, the oldest row first. */
export class LedgerField extends Component {
    static template = "aftersales_service.LedgerField";
    static props = { ...standardFieldProps };

    get rows() {
        return this.props.record.data[this.props.name].records.map((record) => {
            const { data } = record;
            const [icon, colour] = LOOKS[data.kind] || ["fa-circle-o", "text-bg-secondary"];
            return {
                id: record.id,
                icon,
                colour,
                title: this.label(record, "kind"),
                details: this.details(record),
                reason: data.reason,
                moment: momentText(data.at),
                author: data.user_id?.display_name,
            };
        });
    }

    /** Say in words what a row carries beside its kind. */
    details(record) {
        const { data } = record;
        const details = [];
        if (data.kind === "pause" && data.pause_reason) {
            details.push(this.label(record, "pause_reason"));
        }
        if (data.kind === "correction" && data.minutes > 0) {
            details.push(_t("%(minutes)s minutes counted as well", { minutes: data.minutes }));
        }
        if (data.kind === "correction" && data.minutes < 0) {
            details.push(_t("%(minutes)s minutes given back", { minutes: -data.minutes }));
        }
        if (data.agreed_deadline) {
            details.push(_t("Agreed on %(moment)s", { moment: momentText(data.agreed_deadline) }));
        }
        if (data.kind === "reopen" && data.outcome) {
            details.push(_t("It had been %(outcome)s", { outcome: this.label(record, "outcome") }));
        }
        if (data.kind === "retarget" && data.target_minutes) {
            const hours = formatFloatTime(data.target_minutes / 60);
            details.push(_t("The target is now %(hours)s hours", { hours }));
        }
        if (data.policy_id) {
            details.push(data.policy_id.display_name);
        }
        if (data.alert_id) {
            details.push(data.alert_id.display_name);
        }
        return details;
    }

    label(record, name) {
        const labels = Object.fromEntries(record.fields[name].selection);
        return labels[record.data[name]] || "";
    }
}

export const ledgerField = {
    component: LedgerField,
    displayName: _t("Timeline of a Clock"),
    supportedTypes: ["one2many"],
    useSubView: true,
};

registry.category("fields").add("aftersales_ledger", ledgerField);
