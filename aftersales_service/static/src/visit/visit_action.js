/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { MyDay } from "./my_day";
import { VisitPage } from "./visit_page";

import { Component, useState } from "@odoo/owl";

/** The technician's telephone: his day, and the visit he is at. */
export class VisitAction extends Component {
    static template = "aftersales_service.VisitAction";
    static components = { MyDay, VisitPage };
    static props = { ...standardActionServiceProps };

    setup() {
        const { action, resId } = this.props;
        this.state = useState({
            visitId: Number(resId || action.params?.visit_id || action.context?.active_id) || false,
        });
        this.tell();
    }

    open(visitId) {
        this.state.visitId = visitId;
        this.tell();
    }

    /** The address follows, so that a reload comes back here. */
    tell() {
        this.props.updateActionState?.({ resId: this.state.visitId });
    }
}

registry.category("actions").add("aftersales_service.visit", VisitAction);
