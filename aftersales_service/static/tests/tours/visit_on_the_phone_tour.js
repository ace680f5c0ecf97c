/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";
import { drawSignature } from "./signature";

/**
 * Sign in a signature field.
 *
 * @param {String} name name of the field
 * @returns {Array} steps
 */
function sign(name) {
    return [
        {
            trigger: `.modal .o_field_widget[name=${name}] .o_signature`,
            run: "click",
        },
        {
            trigger: ".modal:has(.modal-footer .btn-primary:disabled) canvas",
            run() {
                drawSignature(this.anchor);
            },
        },
        {
            content: "The drawing can be adopted",
            trigger: ".modal:has(canvas) .modal-footer .btn-primary:enabled",
            run: "click",
        },
        {
            trigger: `.modal .o_field_widget[name=${name}] img.o_signature`,
        },
    ];
}

registry.category("web_tour.tours").add("aftersales_visit_on_the_phone", {
    steps: () => [
        {
            content: "One obvious next action: depart",
            trigger: "button[name=action_depart]",
            run: "click",
        },
        {
            trigger: "button[name=action_arrive]",
            run: "click",
        },
        {
            content: "Open the job",
            trigger:
                ".o_form_view:has(button[name=action_finish]) .o_field_widget[name=job_ids] .o_kanban_record",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=work_done] textarea",
            run: "edit Hose replaced, pressure tested",
        },
        {
            trigger: ".modal .o_field_widget[name=result] [data-value=solved], .modal .o_field_widget[name=result] .o_selection_badge:contains(Solved)",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "The card tells what was done",
            trigger: "body:not(:has(.modal)) .o_kanban_record:contains(pressure tested)",
        },
        {
            trigger: "button[name=action_finish]",
            run: "click",
        },
        {
            trigger: "button[name=action_sign]",
            run: "click",
        },
        {
            content: "The customer reads what was done",
            trigger: ".modal .o_field_widget[name=preview]:contains(pressure tested)",
        },
        ...sign("signature"),
        ...sign("technician_signature"),
        {
            trigger: ".modal button[name=action_sign]",
            run: "click",
        },
        {
            content: "The signed form is shown",
            trigger: ".o_form_view:not(:has(.modal)) button[name=action_print]",
        },
    ],
});
