/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { VisitCard } from "./visit_card";

import { Component } from "@odoo/owl";

/** What was done, and whether it is solved: the customer signs for both. */
export class WorkCard extends Component {
    static template = "aftersales_service.WorkCard";
    static components = { VisitCard };
    static props = { sync: Object, job: Object, results: Array, isLocked: Boolean };

    get isDone() {
        const { work_done, result } = this.props.job;
        return Boolean((work_done || "").trim() && result);
    }

    set(name, value) {
        this.props.sync.change("job", this.props.job.id, { [name]: value });
    }
}
