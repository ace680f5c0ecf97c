/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { ChecklistCard } from "./cards/checklist_card";
import { FindingsCard } from "./cards/findings_card";
import { MachineCard } from "./cards/machine_card";
import { PartsCard } from "./cards/parts_card";
import { PhotosCard } from "./cards/photos_card";
import { SiteCard } from "./cards/site_card";
import { TextsCard } from "./cards/texts_card";
import { TimeCard } from "./cards/time_card";
import { WorkCard } from "./cards/work_card";
import { currentPosition } from "./position";
import { SignPage } from "./sign_page";
import { VisitStorage } from "./sync/visit_storage";
import { VisitSync, wireMoment } from "./sync/visit_sync";
import { VisitNotices } from "./visit_notices";

import { Component, onWillStart, onWillUnmount, useExternalListener, useState } from "@odoo/owl";

const WORKING = ["on_site"];

/** One visit: the next step below the thumb, and cards for what there is to say. */
export class VisitPage extends Component {
    static template = "aftersales_service.VisitPage";
    static components = {
        ChecklistCard,
        FindingsCard,
        MachineCard,
        PartsCard,
        PhotosCard,
        SignPage,
        SiteCard,
        TextsCard,
        TimeCard,
        VisitNotices,
        WorkCard,
    };
    static props = { visitId: Number, onBack: Function };

    setup() {
        // Not the services of a component: what waits is sent after it is left, too.
        const { orm } = this.env.services;
        this.action = useService("action");
        this.sync = new VisitSync(orm.silent, new VisitStorage(), this.props.visitId);
        this.state = useState(this.sync.state);
        this.view = useState({ isSigning: false, isBusy: false, missing: [], link: "" });
        onWillStart(() => this.sync.load());
        useExternalListener(window, "online", () => this.sync.flush());
        onWillUnmount(() => {
            this.sync.stop();
            this.sync.flush();
        });
    }

    get visit() {
        return this.state.page.visit;
    }

    get isLocked() {
        return !WORKING.includes(this.visit.state);
    }

    get stateLabel() {
        return {
            draft: _t("Draft"),
            planned: _t("Planned"),
            on_way: _t("On the Way"),
            on_site: _t("On Site"),
            to_sign: _t("To Sign"),
            done: _t("Done"),
            cancelled: _t("Cancelled"),
        }[this.visit.state];
    }

    get showsWork() {
        return ["on_site", "to_sign", "done"].includes(this.visit.state);
    }

    get onlyJob() {
        const { jobs } = this.state.page;
        return jobs.length === 1 ? jobs[0] : undefined;
    }

    linesOf(kinds) {
        return this.state.page.lines.filter(({ kind }) => kinds.includes(kind));
    }

    photosOf(job) {
        const { photos } = this.state.page;
        return this.onlyJob ? photos : photos.filter(({ job_id }) => job_id === job.id);
    }

    get trainingTexts() {
        return [
            { name: "training_topics", label: _t("What was shown"), hint: _t("Care, daily checks…") },
            { name: "training_attendees", label: _t("To whom"), hint: _t("One name a line") },
        ];
    }

    get commentTexts() {
        return [
            {
                name: "customer_comments",
                label: _t("In the customer's own words"),
                hint: _t("Ask for it: what was good, what should be better?"),
            },
        ];
    }

    /** The next step, in words and in what it does. */
    get next() {
        const { state, mode } = this.visit;
        if (state === "planned") {
            return mode === "on_site"
                ? { name: "depart", label: _t("Depart"), icon: "fa-car" }
                : { name: "arrive", label: _t("Start Work"), icon: "fa-play" };
        }
        return {
            on_way: { name: "arrive", label: _t("Arrived"), icon: "fa-map-marker" },
            on_site: { name: "finish", label: _t("Finish Work"), icon: "fa-flag-checkered" },
            to_sign: { name: "sign", label: _t("Sign"), icon: "fa-pencil" },
        }[state];
    }

    async go() {
        const { name } = this.next;
        this.view.missing = [];
        if (name === "sign") {
            return this.sign();
        }
        if (name === "finish" && !this.isComplete()) {
            return;
        }
        this.view.isBusy = true;
        try {
            const position = await currentPosition();
            await this.sync.step(name, position ? { position } : {});
        } finally {
            this.view.isBusy = false;
        }
    }

    /** What the customer signs for has to be there; the time stops with the work. */
    isComplete() {
        this.view.missing = this.state.page.jobs
            .filter((job) => !(job.work_done || "").trim() || !job.result)
            .map((job) => [job.ticket, job.product_name].filter(Boolean).join(" · "));
        if (this.view.missing.length) {
            document.querySelector(".o_aftersales_visit_body")?.scrollTo({ top: 0 });
            return false;
        }
        for (const line of this.linesOf(["labour", "travel"])) {
            if (line.started_at && !line.ended_at) {
                this.sync.change("line", line.id, { ended_at: wireMoment() });
            }
        }
        return true;
    }

    async sign() {
        await this.sync.flush();
        this.view.isSigning = true;
    }

    async continueWork() {
        this.view.isSigning = false;
        await this.sync.step("continue");
    }

    async openPdf() {
        const { orm } = this.env.services;
        const id = this.visit.form.id;
        this.action.doAction(await orm.call("aftersales.service.form", "action_print", [[id]]));
    }
}
