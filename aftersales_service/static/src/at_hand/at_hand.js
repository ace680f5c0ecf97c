/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, useState } from "@odoo/owl";

/**
 * Documents of the product and what helped before, each sent in one click.
 *
 * It asks the server when its page is opened, so that a ticket costs nothing more.
 */
export class AtHand extends Component {
    static template = "aftersales_service.AtHand";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ busy: false, found: null });
        // Another ticket, or this one as soon as it is saved
        useRecordObserver((record) => {
            if (record.resId !== this.resId) {
                return this.load(record.resModel, record.resId);
            }
        });
    }

    async load(resModel, resId) {
        this.resId = resId;
        const found = resId ? await this.orm.call(resModel, "at_hand", [[resId]]) : null;
        // The pager may have gone on in the meantime.
        if (resId === this.resId) {
            this.state.found = found;
        }
    }

    /** Save what was typed, and open the composer that the server prepares. */
    async send(method, id) {
        const { record } = this.props;
        this.state.busy = true;
        try {
            if (await record.save({ reload: false })) {
                const action = await this.orm.call(record.resModel, method, [
                    [record.resId],
                    id,
                ]);
                await this.action.doAction(action, { onClose: () => record.load() });
            }
        } finally {
            this.state.busy = false;
        }
    }

    async openDocument(id) {
        this.action.doAction(
            await this.orm.call("product.document", "action_aftersales_open", [[id]])
        );
    }

    openTicket(id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: this.props.record.resModel,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("aftersales_at_hand", { component: AtHand });
