import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Compares a PDF with the hash that is kept, on the reader's own computer: the file is
 * sent nowhere. Browsers hash only on pages that came through https; on others the
 * reader sees how to compare by hand.
 */
export class VerifyFile extends Interaction {
    static selector = ".o_aftersales_verify";
    dynamicContent = {
        "input[type='file']": { "t-on-change": (ev) => this.check(ev.target.files[0]) },
        ".o_aftersales_drop": {
            "t-on-dragover.prevent": () => {},
            "t-on-drop.prevent": (ev) => this.check(ev.dataTransfer.files[0]),
        },
    };

    setup() {
        if (globalThis.crypto?.subtle) {
            this.el.querySelector(".o_aftersales_drop").classList.remove("d-none");
        }
    }

    async check(file) {
        if (!file) {
            return;
        }
        const content = await this.waitFor(file.arrayBuffer());
        const digest = await this.waitFor(crypto.subtle.digest("SHA-256", content));
        const hash = [...new Uint8Array(digest)]
            .map((byte) => byte.toString(16).padStart(2, "0"))
            .join("");
        this.show(hash === this.el.dataset.hash ? "same" : "other", file.name);
    }

    show(result, name) {
        for (const element of this.el.querySelectorAll("[data-result]")) {
            const isShown = element.dataset.result === result;
            element.classList.toggle("d-none", !isShown);
            if (isShown) {
                element.querySelector(".o_aftersales_file").textContent = name;
            }
        }
    }
}

registry
    .category("public.interactions")
    .add("aftersales_service.verify_file", VerifyFile);
