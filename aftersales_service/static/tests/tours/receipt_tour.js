/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { press } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

/** Type as a scanner does: into whatever has the focus, and Enter. */
const scan = (code) => ({
    content: `Scan ${code}`,
    trigger: ".o_aftersales_scan_input:focus",
    run: `edit ${code} && press Enter`,
});
const row = (name) => `.o_aftersales_scan_page li:contains(${name})`;

registry.category("web_tour.tours").add("aftersales_receipt_scan", {
    steps: () => [
        scan("NOTHING"),
        { trigger: ".o_aftersales_scan_error:contains(NOTHING)" },
        scan("TOUR-ENV"),
        { trigger: ".o_aftersales_scan_receive:contains(Receive All (3))" },
        {
            content: "One form by itself is received at once",
            ...scan("TOUR-1"),
        },
        { trigger: `${row("TOUR-1")}:contains(Received) input:disabled:checked` },
        { trigger: ".o_aftersales_scan_receive:contains(Receive All (2))" },
        {
            content: "The input waits for the next scan",
            trigger: ".o_aftersales_scan_input:focus",
        },
        {
            content: "The second one is missing: untick it with the space bar",
            trigger: `${row("TOUR-2")} input:checked`,
            async run() {
                this.anchor.focus();
                await press(" ");
            },
        },
        { trigger: `${row("TOUR-2")} input:not(:checked)` },
        {
            trigger: ".o_aftersales_scan_receive.btn-warning:contains(Receive 1, 1 Missing)",
            async run() {
                this.anchor.focus();
                await press("Enter");
            },
        },
        { trigger: ".o_aftersales_scan_message:contains(TOUR-2)" },
        { trigger: ".o_aftersales_scan_done" },
        { trigger: `.o_aftersales_scan_page:not(:has(li:contains(TOUR-2)))` },
        scan("TOUR-1"),
        { trigger: ".o_aftersales_scan_error:contains(received already)" },
    ],
});

registry.category("web_tour.tours").add("aftersales_receipt_hand_over", {
    steps: () => [
        {
            trigger: ".o_list_view .o_data_row:nth-child(2)",
        },
        {
            isActive: ["desktop"],
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            isActive: ["desktop"],
            trigger: ".o_data_row_selected + .o_data_row_selected",
        },
        {
            isActive: ["desktop"],
            trigger: ".o_control_panel button[name=action_hand_over]",
            run: "click",
        },
        {
            isActive: ["mobile"],
            trigger: "button[name=action_hand_over_all]",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_hand_over]",
            run: "click",
        },
        {
            content: "It is closed: nothing is left to hand over",
            trigger:
                ".o_form_view:not(:has(button[name=action_hand_over])) .o_field_badge:contains(Handed Over)",
        },
    ],
});
