/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { scanBarcode } from "@web/core/barcode/barcode_dialog";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { newId } from "../sync/visit_queue";
import { VisitCard } from "./visit_card";

import { Component, useState } from "@odoo/owl";

/** The parts that were used: scanned or searched, with the serials that came and went. */
export class PartsCard extends Component {
    static template = "aftersales_service.PartsCard";
    static components = { VisitCard };
    static props = {
        sync: Object,
        lines: Array,
        job: { type: Object, optional: true },
        choices: Object,
        isLocked: Boolean,
    };

    setup() {
        this.state = useState({ text: "", found: null, message: "" });
    }

    get summary() {
        return this.props.lines.map(({ name, quantity }) => `${quantity} × ${name}`).join(", ");
    }

    async scan() {
        this.state.text = await scanBarcode(this.env);
        await this.find();
    }

    async find() {
        const text = this.state.text.trim();
        Object.assign(this.state, { found: null, message: "" });
        try {
            const found = await this.props.sync.call("visit_parts", text);
            if (found.length === 1 && found[0].is_exact) {
                return this.add(found[0]);
            }
            this.state.found = found;
            if (!found.length && text) {
                this.state.message = _t("Nothing in the catalogue is called that.");
            }
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.state.found = [];
            this.state.message = _t("No connection: the catalogue can't be searched now.");
        }
    }

    /** Take what was found; the same part again is one more of it. */
    add({ id, name, code, serial_number }) {
        const same = this.props.lines.find((line) => line.product_id === id);
        if (same && !serial_number && !same.serial_number) {
            this.count(same, 1);
            this.clear();
        } else {
            this.create({
                product_id: id,
                name,
                part_number: code,
                serial_number: serial_number || false,
            });
        }
    }

    describe() {
        this.create({ name: this.state.text.trim() });
    }

    create(values) {
        const set = { kind: "part", quantity: 1, job_id: this.props.job?.id || false, ...values };
        this.props.sync.change("line", newId(), set);
        this.clear();
    }

    /** Ready for the next one. */
    clear() {
        Object.assign(this.state, { text: "", found: null, message: "" });
    }

    set(line, name, value) {
        this.props.sync.change("line", line.id, { [name]: value });
    }

    count(line, difference) {
        this.setQuantity(line, (line.quantity || 0) + difference);
    }

    setQuantity(line, quantity) {
        if (quantity > 0) {
            this.set(line, "quantity", quantity);
        }
    }

    async scanSerial(line, name) {
        this.set(line, name, await scanBarcode(this.env));
    }

    remove(line) {
        this.props.sync.remove("line", line.id);
    }
}
