/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { registry } from "@web/core/registry";
import { useFileUploader } from "@web/core/utils/files";
import {
    Many2ManyBinaryField,
    many2ManyBinaryField,
} from "@web/views/fields/many2many_binary/many2many_binary_field";

import { onMounted, useRef } from "@odoo/owl";

/** Files that are chosen, or dropped anywhere on the form. */
export class ScansField extends Many2ManyBinaryField {
    static template = "aftersales_service.ScansField";

    setup() {
        super.setup();
        this.uploadFiles = useFileUploader();
        this.root = useRef("root");
        this.target = { el: null };
        // Before the hook, which looks for its target when it is mounted.
        onMounted(() => {
            this.target.el = this.root.el.closest(".o_form_view");
        });
        useDropzone(this.target, (ev) => this.onDrop(ev));
    }

    async onDrop(ev) {
        const files = [...ev.dataTransfer.files];
        const uploaded = await this.uploadFiles("/web/binary/upload_attachment", {
            csrf_token: odoo.csrf_token,
            ufile: files,
            model: this.props.record.resModel,
            id: this.props.record.resId || 0,
        });
        if (uploaded) {
            await this.onFileUploaded(uploaded);
        }
    }
}

registry.category("fields").add("aftersales_scans", {
    ...many2ManyBinaryField,
    component: ScansField,
});
