/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useRef } from "@odoo/owl";

import { focusNextText } from "./focus";

const TONES = {
    running: "text-bg-success",
    ending: "text-bg-warning",
    ended: "text-bg-danger",
    pending: "text-bg-info",
};

/** The caller's machines and tickets; a key or a click takes one for the call. */
export class CallerOverviewField extends Component {
    static template = "aftersales_service.CallerOverviewField";
    static props = { ...standardFieldProps };

    setup() {
        this.root = useRef("root");
    }

    get machines() {
        return this.props.record.data[this.props.name]?.machines || [];
    }

    get tickets() {
        return this.props.record.data[this.props.name]?.tickets || [];
    }

    get hasCustomer() {
        return Boolean(this.props.record.data.partner_id);
    }

    /** Machines have the keys from 1 on, open tickets those that follow. */
    machineKey(index) {
        return String(index + 1);
    }

    ticketKey(index) {
        const key = this.machines.length + index + 1;
        return key < 10 ? String(key) : undefined;
    }

    tone(machine) {
        return TONES[machine.warranty_state] || "text-bg-secondary";
    }

    isPicked(ticket) {
        return this.props.record.data.ticket_id?.id === ticket.id;
    }

    /** Take a machine, or let it go again. */
    async takeMachine(machine) {
        const changes = machine.is_chosen
            ? { equipment_id: false, product_name: false, serial_number: false }
            : { equipment_id: { id: machine.id, display_name: machine.display_name } };
        await this.take({ ticket_id: false, ...changes });
    }

    /** Log the call on an open ticket, or make a new one after all. */
    async takeTicket(ticket) {
        const { id, display_name } = ticket;
        await this.take({ ticket_id: this.isPicked(ticket) ? false : { id, display_name } });
    }

    /** Change the call and go on typing. */
    async take(changes) {
        await this.props.record.update(changes);
        focusNextText(this.root.el);
    }
}

export const callerOverviewField = {
    component: CallerOverviewField,
    displayName: _t("Known of the Caller"),
    supportedTypes: ["json"],
};

registry.category("fields").add("aftersales_caller_overview", callerOverviewField);

/** The ticket that was picked, with the way back to a new one. */
export class PickedTicketField extends Component {
    static template = "aftersales_service.PickedTicketField";
    static props = { ...standardFieldProps };

    get name() {
        return this.props.record.data[this.props.name]?.display_name;
    }

    async drop() {
        await this.props.record.update({ [this.props.name]: false });
    }
}

registry.category("fields").add("aftersales_picked_ticket", {
    component: PickedTicketField,
    displayName: _t("Picked Ticket"),
    supportedTypes: ["many2one"],
});
