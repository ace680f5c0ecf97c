import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * A field to draw a signature in, beside the typed name. Without JavaScript it is not
 * there, and the typed name is enough.
 */
export class SignaturePad extends Interaction {
    static selector = ".o_aftersales_pad";
    dynamicContent = {
        canvas: {
            "t-on-pointerdown.prevent": this.begin,
            "t-on-pointermove.prevent": this.draw,
            "t-on-pointerup": this.end,
            "t-on-pointercancel": this.end,
        },
        ".o_aftersales_pad_clear": { "t-on-click": this.clear },
    };

    start() {
        this.el.classList.remove("d-none");
        this.canvas = this.el.querySelector("canvas");
        this.input = this.el.querySelector("input");
        this.pen = this.canvas.getContext("2d");
        this.canvas.width = this.canvas.clientWidth;
        this.canvas.height = this.canvas.clientHeight;
        this.clear();
    }

    point(ev) {
        const box = this.canvas.getBoundingClientRect();
        return [
            ((ev.clientX - box.left) * this.canvas.width) / box.width,
            ((ev.clientY - box.top) * this.canvas.height) / box.height,
        ];
    }

    begin(ev) {
        this.canvas.setPointerCapture(ev.pointerId);
        this.isDrawing = true;
        this.pen.beginPath();
        this.pen.moveTo(...this.point(ev));
    }

    draw(ev) {
        if (!this.isDrawing) {
            return;
        }
        this.pen.lineTo(...this.point(ev));
        this.pen.stroke();
        this.isDrawn = true;
    }

    end() {
        this.isDrawing = false;
        this.input.value = this.isDrawn ? this.canvas.toDataURL("image/png") : "";
    }

    clear() {
        // White, not transparent: the signature is printed.
        this.pen.fillStyle = "white";
        this.pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
        this.pen.lineWidth = 2;
        this.pen.lineCap = "round";
        this.isDrawing = false;
        this.isDrawn = false;
        this.input.value = "";
    }
}

registry
    .category("public.interactions")
    .add("aftersales_service.signature_pad", SignaturePad);
