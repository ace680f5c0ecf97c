/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { Component, onMounted, onWillStart, useRef, useState } from "@odoo/owl";

const MODEL = "aftersales.receipt.batch";

/**
 * Where finance receives: scan the code of an envelope and receive its list, or scan a
 * service form and receive it at once. A scanner types and presses Enter, so the input
 * has the focus whenever nothing else is asked.
 */
export class ReceiptScan extends Component {
    static template = "aftersales_service.ReceiptScan";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.input = useRef("input");
        this.queue = Promise.resolve();
        this.state = useState({
            text: "",
            busy: false,
            error: "",
            message: "",
            page: null,
            /** Ids of the receipts that are there; the others of the list are missing. */
            ticked: [],
            last: false,
        });
        onWillStart(() => this.start());
        onMounted(() => this.focus());
    }

    async start() {
        const { action, resId } = this.props;
        const batchId = Number(resId || action.params?.batch_id) || false;
        if (batchId) {
            this.show(await this.orm.call(MODEL, "scan_page", [[batchId]]));
        }
    }

    focus() {
        this.input.el?.focus();
    }

    /** Show what the server answered, and keep the ticks of the same envelope. */
    show({ page, message, error, receipt }) {
        const missing = new Set(
            page && this.state.page?.id === page.id
                ? this.expected.map(({ id }) => id).filter((id) => !this.isTicked(id))
                : []
        );
        if (page) {
            this.state.page = page;
            this.state.ticked = this.expected
                .map(({ id }) => id)
                .filter((id) => !missing.has(id));
        }
        this.state.message = message || "";
        this.state.error = error || "";
        this.state.last = receipt || false;
        this.props.updateActionState?.({ resId: this.state.page?.id || false });
    }

    /** Ask the server for one thing at a time. */
    async ask(method, args) {
        this.state.busy = true;
        try {
            this.show(await this.orm.call(MODEL, method, args));
        } catch (error) {
            this.queue = Promise.resolve();
            throw error;
        } finally {
            this.state.busy = false;
            this.focus();
        }
    }

    get expected() {
        return this.state.page?.receipts.filter((receipt) => receipt.is_expected) || [];
    }

    get missing() {
        return this.expected.filter(({ id }) => !this.isTicked(id));
    }

    /** What is here, and neither reconciled nor filed yet. */
    get left() {
        return this.state.page?.receipts.filter((receipt) => receipt.is_left) || [];
    }

    isTicked(id) {
        return this.state.ticked.includes(id);
    }

    tick(id) {
        this.state.ticked = this.isTicked(id)
            ? this.state.ticked.filter((other) => other !== id)
            : [...this.state.ticked, id];
    }

    /** A scanner is faster than the server: what comes meanwhile waits its turn. */
    async onScan() {
        const text = this.state.text.trim();
        this.state.text = "";
        if (text) {
            this.queue = this.queue.then(() => this.ask("scan", [text]));
            await this.queue;
        }
    }

    async onReceive() {
        if (!this.state.busy && this.expected.length) {
            await this.ask("scan_receive", [[this.state.page.id], [...this.state.ticked]]);
        }
    }

    get finishLabel() {
        return _t("Reconcile or File (%s)", this.left.length);
    }

    get receiveLabel() {
        if (!this.missing.length) {
            return _t("Receive All (%s)", this.expected.length);
        }
        if (!this.state.ticked.length) {
            return _t("All Are Missing (%s)", this.missing.length);
        }
        return _t("Receive %(count)s, %(missing)s Missing", {
            count: this.state.ticked.length,
            missing: this.missing.length,
        });
    }

    /** Go on with what has come: the one list of finance, of this envelope. */
    async finish() {
        this.action.doAction(
            await this.orm.call(MODEL, "action_finish", [[this.state.page.id]])
        );
    }

    open(id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "aftersales.receipt",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("aftersales_service.receipt_scan", ReceiptScan);
