/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { VisitCard } from "./visit_card";

import { Component } from "@odoo/owl";

/** Who was shown what, and what the customer says: one text each. */
export class TextsCard extends Component {
    static template = "aftersales_service.TextsCard";
    static components = { VisitCard };
    static props = {
        sync: Object,
        visit: Object,
        name: String,
        title: String,
        icon: String,
        texts: Array,
        isLocked: Boolean,
    };

    get summary() {
        return this.props.texts
            .map(({ name }) => this.props.visit[name])
            .filter(Boolean)
            .join(" · ");
    }

    set(name, value) {
        this.props.sync.change("visit", this.props.visit.id, { [name]: value });
    }
}
