/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";

const CLOCK = ".o_field_widget[name=clock_ids] .o_kanban_record";

registry.category("web_tour.tours").add("aftersales_promises", {
    steps: () => [
        {
            content: "The next promise is counted down",
            trigger: ".oe_title .o_aftersales_countdown_left:contains(in )",
        },
        {
            trigger: ".o_statusbar_buttons button:contains(Wait)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=reason] label:contains(Waiting for Customer)",
            run: "click",
        },
        {
            content: "The dialog says what rests",
            trigger: ".modal .o_field_widget[name=effect]:contains(Arrive on Site rests)",
        },
        {
            trigger: ".modal .o_field_widget[name=note] input",
            run: "edit A photo of the nameplate",
        },
        {
            trigger: ".modal button[name=action_wait]",
            run: "click",
        },
        {
            content: "One obvious next action: go on",
            trigger: "body:not(:has(.modal)) .btn-primary[name=action_go_on]",
        },
        {
            trigger: `${CLOCK}:contains(Arrive on Site):contains(Waiting for Customer)`,
            run: "click",
        },
        {
            content: "The ledger names what is waited for",
            trigger: ".modal .o_aftersales_ledger_row:contains(A photo of the nameplate)",
        },
        {
            content: "The deadline is explained",
            trigger: ".modal .o_field_widget[name=deadline_reason]:contains(Rests now)",
        },
        {
            trigger: ".modal button[name=action_correct]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=minutes] input",
            run: "edit 90",
        },
        {
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit The power was off",
        },
        {
            trigger: ".modal footer button[name=action_correct]",
            run: "click",
        },
        {
            content: "The correction is in the ledger at once",
            trigger:
                ".modal .o_aftersales_ledger_row:contains(90 minutes given back):contains(The power was off)",
        },
        {
            trigger: ".modal .o_form_button_cancel",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) button[name=action_go_on]",
            run: "click",
        },
        {
            trigger: `.o_form_view:not(:has(button[name=action_go_on])) ${CLOCK}:contains(Arrive on Site):contains(in )`,
        },
    ],
});
