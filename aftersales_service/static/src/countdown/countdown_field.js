/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { countdownText, momentText } from "./countdown_text";
import { useMinuteClock } from "./minute_clock";

import { Component } from "@odoo/owl";

const LAST_MINUTES = 60;

/** What is waited for, on records that store it as a plain text. */
const pauseReasons = () => ({
    customer: _t("Waiting for Customer"),
    parts: _t("Waiting for Parts"),
});

/**
 * The time left until a deadline, or since; red only when the deadline is over.
 *
 * Without a deadline, or if asked for, it tells what is waited for: the view has to have
 * the field `pause_reason`.
 */
export class CountdownField extends Component {
    static template = "aftersales_service.CountdownField";
    static props = {
        ...standardFieldProps,
        showMoment: { type: Boolean, optional: true },
        showPause: { type: Boolean, optional: true },
    };
    static defaultProps = { showMoment: false, showPause: false };

    setup() {
        this.clock = useMinuteClock();
    }

    get deadline() {
        return this.props.record.data[this.props.name];
    }

    get isLate() {
        return this.deadline < this.clock.now;
    }

    get text() {
        return countdownText(this.deadline, this.clock.now);
    }

    get moment() {
        return momentText(this.deadline);
    }

    get classNames() {
        const isLate = this.isLate;
        return {
            "text-danger": isLate,
            "fw-bold": isLate || this.deadline.diff(this.clock.now).as("minutes") < LAST_MINUTES,
        };
    }

    get pauseReason() {
        const { data, fields } = this.props.record;
        const reason = data.pause_reason;
        if (!reason) {
            return "";
        }
        const labels = Object.fromEntries(fields.pause_reason.selection || []);
        return labels[reason] || pauseReasons()[reason] || _t("Paused");
    }
}

export const countdownField = {
    component: CountdownField,
    displayName: _t("Countdown to a Deadline"),
    supportedTypes: ["datetime"],
    supportedOptions: [
        {
            label: _t("Show the moment"),
            name: "show_moment",
            type: "boolean",
            help: _t("The deadline itself stands beside the time that is left."),
        },
        {
            label: _t("Show what is waited for"),
            name: "show_pause",
            type: "boolean",
            help: _t("Also while there is a deadline."),
        },
    ],
    isEmpty: (record, fieldName) => !record.data[fieldName] && !record.data.pause_reason,
    listViewWidth: [165, 185],
    extractProps: ({ options }) => ({
        showMoment: Boolean(options.show_moment),
        showPause: Boolean(options.show_pause),
    }),
};

registry.category("fields").add("aftersales_countdown", countdownField);
