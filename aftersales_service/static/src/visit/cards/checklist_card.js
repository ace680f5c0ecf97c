/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { VisitCard } from "./visit_card";

import { Component } from "@odoo/owl";

/** Questions answered with the thumb: the rules of conduct, or technical checks. */
export class ChecklistCard extends Component {
    static template = "aftersales_service.ChecklistCard";
    static components = { VisitCard };
    static props = { sync: Object, job: Object, kind: String, title: String, answers: Array, isLocked: Boolean };

    get questions() {
        return this.props.job.answers.filter(({ kind }) => kind === this.props.kind);
    }

    get answered() {
        return this.questions.filter(({ answer }) => answer).length;
    }

    /** Touched a second time, an answer is taken back. */
    answer(question, value) {
        const answer = question.answer === value ? false : value;
        this.props.sync.change("answer", question.id, { answer });
    }

    note(question, note) {
        this.props.sync.change("answer", question.id, { note });
    }
}
