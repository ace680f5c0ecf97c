/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

import { Component, onMounted, onWillStart, useRef } from "@odoo/owl";

import { focusNextText } from "./focus";

const ICONS = { customer: "fa-user", equipment: "fa-cog", ticket: "fa-ticket" };

/** The caller, found while his number or name is typed. */
export class CallerField extends Component {
    static template = "aftersales_service.CallerField";
    static components = { AutoComplete };
    static props = {
        ...standardFieldProps,
        placeholder: { type: String, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.root = useRef("root");
        this.mayCreate = false;
        onWillStart(async () => {
            this.mayCreate = await user.checkAccessRight("res.partner", "create");
        });
        onMounted(() => this.root.el.querySelector("input")?.focus());
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get isUnknown() {
        const { caller, partner_id: partner, ticket_id: ticket } = this.props.record.data;
        return Boolean(caller) && !partner && !ticket;
    }

    get sources() {
        return [
            {
                placeholder: _t("Searching..."),
                optionSlot: "option",
                options: (text) => this.search(text),
            },
        ];
    }

    /** Propose who may be calling; to go on without a customer is always possible. */
    async search(text) {
        if (!text) {
            return [];
        }
        const found = await this.orm.call(this.props.record.resModel, "search_caller", [text]);
        const options = found.map((option) => ({
            label: option.label,
            data: { ...option, icon: ICONS[option.kind] },
            onSelect: () => this.choose(text, option),
        }));
        options.push({
            label: _t("Go on without a customer"),
            data: { detail: _t("The ticket goes to triage"), icon: "fa-question" },
            onSelect: () => this.choose(text, {}),
        });
        if (this.mayCreate) {
            options.push({
                label: _t("New Customer"),
                data: { detail: text, icon: "fa-plus" },
                onSelect: () => this.choose(text, {}).then(() => this.createCustomer()),
            });
        }
        return options;
    }

    /** Take over what was found; the next thing to type is the subject. */
    async choose(text, option) {
        await this.props.record.update({
            [this.props.name]: text,
            ticket_id: option.ticket || false,
            equipment_id: option.equipment || false,
            partner_id: option.partner || false,
        });
        focusNextText(this.root.el);
    }

    /** What was typed stays, also where nobody was chosen. */
    async commit({ inputValue }) {
        const text = inputValue.trim();
        if (text !== this.value) {
            await this.props.record.update({ [this.props.name]: text });
        }
    }

    /** Enter a new customer with what was typed. */
    createCustomer() {
        const { caller_name: name, phone } = this.props.record.data;
        this.dialog.add(FormViewDialog, {
            resModel: "res.partner",
            title: _t("New Customer"),
            context: { default_name: name || "", default_phone: phone || "" },
            canExpand: false,
            onRecordSaved: async (partner) => {
                await this.props.record.update({
                    partner_id: {
                        id: partner.resId,
                        display_name: partner.data.display_name || partner.data.name,
                    },
                });
                focusNextText(this.root.el);
            },
        });
    }
}

export const callerField = {
    component: CallerField,
    displayName: _t("Caller"),
    supportedTypes: ["char"],
    extractProps: ({ attrs, placeholder }) => ({
        placeholder: placeholder || attrs.placeholder,
    }),
};

registry.category("fields").add("aftersales_caller", callerField);
