/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("aftersales_merge", {
    steps: () => [
        {
            content: "The ticket says that it may have been reported already",
            trigger: ".alert:contains(reported already) button[name=action_merge]",
            run: "click",
        },
        {
            content: "The dialog proposes the older report, beside it the younger one",
            trigger:
                ".modal .o_field_widget[name=ticket_ids]:contains(Hose leaks):contains(Hose leaks again)",
        },
        {
            trigger: ".modal button[name=action_merge]",
            run: "click",
        },
        {
            content: "It goes on in the older one",
            trigger:
                "body:not(:has(.modal)) .o_form_view .nav-link:contains(Reported Again)",
        },
    ],
});
