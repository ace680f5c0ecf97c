/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { scanBarcode } from "@web/core/barcode/barcode_dialog";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { VisitCard } from "./visit_card";

import { Component, useState } from "@odoo/owl";

function plain(text) {
    return (text || "").replace(/\s/g, "").toUpperCase();
}

/** The machine of a job: what was reported, and whether it is the right one. */
export class MachineCard extends Component {
    static template = "aftersales_service.MachineCard";
    static components = { VisitCard };
    static props = { sync: Object, job: Object, isLocked: Boolean, isOpen: { type: Boolean, optional: true } };

    setup() {
        this.state = useState({ code: "", message: "", found: false, isBusy: false });
    }

    get title() {
        const { product_name, serial_number } = this.props.job;
        return [product_name, serial_number].filter(Boolean).join(" · ") || _t("Not known yet");
    }

    async scan() {
        this.state.code = await scanBarcode(this.env);
        await this.check();
    }

    /** The number on the nameplate is compared here; a label needs the server. */
    async check() {
        const { job, sync } = this.props;
        const code = this.state.code.trim();
        Object.assign(this.state, { message: "", found: false });
        if (!code) {
            return;
        }
        if (plain(code) === plain(job.serial_number) || code === job.equipment) {
            return this.confirm(code);
        }
        this.state.isBusy = true;
        try {
            const { is_right, equipment, message } = await sync.call("visit_machine", job.id, code);
            if (is_right) {
                this.confirm(code);
            } else {
                Object.assign(this.state, { message, found: equipment });
            }
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.state.message = _t(
                "This is not the serial number of the job. Without a connection nothing more can be said."
            );
        } finally {
            this.state.isBusy = false;
        }
    }

    confirm(code) {
        this.props.sync.change("job", this.props.job.id, { scanned: code });
        Object.assign(this.state, { code: "", message: "", found: false });
    }

    /** It is the other machine of the same customer that has to be served. */
    take() {
        const { id, product_name, serial_number } = this.state.found;
        this.props.sync.change("job", this.props.job.id, {
            equipment_id: id,
            product_name,
            serial_number,
            scanned: this.state.code.trim(),
        });
        Object.assign(this.state, { code: "", message: "", found: false });
    }
}
