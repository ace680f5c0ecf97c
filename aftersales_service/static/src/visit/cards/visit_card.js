/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { Component, useState } from "@odoo/owl";

/** A part of the visit that opens and closes; its line says what is in it. */
export class VisitCard extends Component {
    static template = "aftersales_service.VisitCard";
    static props = {
        name: String,
        title: String,
        icon: String,
        summary: { type: String, optional: true },
        isDone: { type: Boolean, optional: true },
        isOpen: { type: Boolean, optional: true },
        slots: Object,
    };

    setup() {
        this.state = useState({ isOpen: Boolean(this.props.isOpen) });
    }
}
