/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { NameAndSignature } from "@web/core/signature/name_and_signature";
import { formatMonetary } from "@web/views/fields/formatters";
import { parseMonetary } from "@web/views/fields/parsers";

import { Component, markup, onMounted, onWillStart, useRef, useState } from "@odoo/owl";

/** What the customer reads and signs, or why he does not. */
export class SignPage extends Component {
    static template = "aftersales_service.SignPage";
    static components = { NameAndSignature };
    static props = { sync: Object, state: Object, onDone: Function };

    setup() {
        this.view = useState({
            preview: null,
            error: "",
            isBusy: false,
            outcome: "accepted",
            reason: "",
            name: "",
            role: "",
            comments: "",
            replacesReason: "",
            charges: "",
            chargesReason: "",
            paidMethod: "",
            paidAmount: "",
            paidReference: "",
        });
        this.customer = useState({ name: "", isSignatureEmpty: true });
        this.technician = useState({ name: "", isSignatureEmpty: true });
        this.top = useRef("top");
        onWillStart(() => this.load());
        // He begins to read at the beginning.
        onMounted(() => this.top.el.scrollIntoView({ block: "end" }));
    }

    get isAccepted() {
        return ["accepted", "remarks"].includes(this.view.outcome);
    }

    get hasCharges() {
        return Boolean(this.view.preview?.charge_total) && this.isAccepted;
    }

    get isMet() {
        return this.view.outcome !== "absent";
    }

    /** Most pay what is charged; what was typed stays. */
    pay(method) {
        const { view } = this;
        view.paidMethod = view.paidMethod === method ? "" : method;
        if (view.paidMethod && !view.paidAmount && view.preview.charge_amount) {
            view.paidAmount = formatMonetary(view.preview.charge_amount, { noSymbol: true });
        }
    }

    get html() {
        return markup(this.view.preview.html);
    }

    async load() {
        const { sync, state } = this.props;
        const { view } = this;
        view.error = "";
        await sync.flush();
        if (!sync.isSent) {
            view.error = _t(
                "Signing needs a connection: something is not sent yet. Go where the network is better, then try again."
            );
            return;
        }
        try {
            view.preview = await sync.call("visit_preview", state.page.visit.customer_comments);
            view.name = view.name || view.preview.signer_name;
            view.comments = view.comments || view.preview.customer_comments;
            this.technician.name = view.preview.technician_name;
            if (!view.paidMethod && view.preview.paid_method) {
                view.paidMethod = view.preview.paid_method;
                view.paidAmount = formatMonetary(view.preview.paid_amount, { noSymbol: true });
                view.paidReference = view.preview.paid_reference;
            }
        } catch (error) {
            this.fail(error);
        }
    }

    fail(error) {
        if (error instanceof ConnectionLostError) {
            this.view.error = _t(
                "Signing needs a connection. Nothing is lost: go where the network is better, then try again."
            );
        } else if (error instanceof RPCError) {
            this.view.error = error.data?.message || error.message;
        } else {
            throw error;
        }
    }

    picture(signature) {
        return signature.isSignatureEmpty
            ? false
            : signature.getSignatureImage().split(",").at(-1);
    }

    async sign() {
        const { view } = this;
        const accepted = this.isAccepted;
        const values = {
            shown_hash: view.preview.hash,
            outcome: view.outcome,
            outcome_reason: accepted ? false : view.reason,
            signer_name: view.name,
            signer_role: view.role,
            signature: view.outcome === "absent" ? false : this.picture(this.customer),
            customer_comments: view.comments,
            technician_name: view.preview.technician_name,
            technician_signature: this.picture(this.technician),
            replaces_reason: view.replacesReason || false,
        };
        if (this.hasCharges) {
            values.charges_answer = view.charges || false;
            values.charges_reason = view.charges === "declined" && view.chargesReason;
        }
        values.paid_method = this.isMet && (view.paidMethod || false);
        values.paid_reference = values.paid_method && view.paidReference;
        try {
            values.paid_amount = values.paid_method ? parseMonetary(view.paidAmount || "0") : 0;
        } catch {
            view.error = _t("The amount paid is not a number.");
            return;
        }
        view.isBusy = true;
        view.error = "";
        try {
            await this.props.sync.sign(values);
            this.props.onDone();
        } catch (error) {
            this.fail(error);
        } finally {
            view.isBusy = false;
        }
    }

    async sendLink() {
        await this.props.sync.step("send_acceptance");
        this.props.onDone();
    }
}
