/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { useService } from "@web/core/utils/hooks";
import { _t } from "@web/core/l10n/translation";
import { shrinkPicture } from "../image_tools";
import { isNew, newId } from "../sync/visit_queue";
import { VisitCard } from "./visit_card";

import { Component } from "@odoo/owl";

/** What was found; improper use is shown with evidence right where it is seen. */
export class FindingsCard extends Component {
    static template = "aftersales_service.FindingsCard";
    static components = { VisitCard };
    static props = { sync: Object, job: Object, choices: Object, isLocked: Boolean };

    setup() {
        this.notification = useService("notification");
    }

    get summary() {
        const names = new Map(this.props.choices.faults);
        return this.props.job.findings
            .map(({ fault_id, note }) => names.get(fault_id) || note || "")
            .filter(Boolean)
            .join(", ");
    }

    get isDone() {
        const { findings } = this.props.job;
        return Boolean(findings.length) && findings.every(({ cause_id }) => cause_id);
    }

    add() {
        this.props.sync.change("finding", newId(), { note: false }, { job: this.props.job.id });
    }

    set(finding, name, value) {
        const set = { [name]: value };
        if (name === "cause_id") {
            const cause = this.props.choices.causes.find(([id]) => id === value);
            set.liability = cause?.[2] || "unknown";
        }
        this.props.sync.change("finding", finding.id, set);
    }

    async takePhoto(finding, ev) {
        for (const file of ev.target.files) {
            try {
                const picture = await shrinkPicture(file);
                const set = { name: file.name };
                await this.props.sync.addPicture("evidence", newId(), picture, set, {
                    finding: finding.id,
                });
            } catch {
                this.notification.add(_t("This file is not a picture."), { type: "danger" });
            }
        }
        ev.target.value = "";
    }

    canPropose(finding) {
        return Boolean(finding.misuse_evidence && finding.evidence);
    }

    /** Proposed only when the server knows the finding: after what waits before. */
    async propose(finding) {
        if (isNew(finding.id)) {
            await this.props.sync.flush();
        }
        await this.props.sync.step("propose_misuse", { finding: finding.id });
    }
}
