/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useState } from "@odoo/owl";

/** Faults that were found on similar tickets; one click makes one of them a finding. */
export class FaultSuggestionsField extends Component {
    static template = "aftersales_service.FaultSuggestionsField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ busy: false });
    }

    get faults() {
        return this.props.record.data[this.props.name] || [];
    }

    /** Say how much speaks for a fault. */
    evidence(fault) {
        return fault.count === 1
            ? _t("1 earlier finding")
            : _t("%(count)s earlier findings", { count: fault.count });
    }

    /** Save what was typed, and add the finding to it. */
    async use(fault) {
        const { record } = this.props;
        this.state.busy = true;
        try {
            if (await record.save({ reload: false })) {
                await this.orm.call(record.resModel, "action_use_fault", [
                    [record.resId],
                    fault.id,
                ]);
                await record.load();
            }
        } finally {
            this.state.busy = false;
        }
    }
}

export const faultSuggestionsField = {
    component: FaultSuggestionsField,
    displayName: _t("Suggested Faults"),
    supportedTypes: ["json"],
};

registry.category("fields").add("aftersales_fault_suggestions", faultSuggestionsField);
