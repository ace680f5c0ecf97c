/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { registry } from "@web/core/registry";
import { hand, task } from "./effort";

const FIELD = ".o_field_widget";

// The salesperson: starts on the list of tickets
task("Quote a contract", "aftersales_contract_quote", { clicks: 5, keys: 0, text: 0 }, () => [
    hand.click("A machine out of warranty", ".o_data_cell:contains(Press stands still)"),
    hand.see("The customer would pay", ".o_form_view .alert:contains(charged)"),
    hand.click("Quote a contract", "button[name=action_quote_contract]"),
    hand.see(
        "Customer, machine and contract are filled in, and the ticket is covered",
        ".modal:has([name=partner_id] input:value(Mia Mill)):has([name=equipment_ids]:contains(P300-1)):has([name=product_id] input:value(Service A)):has([name=covers_ticket] input:checked)"
    ),
    hand.click("Make the quotation", ".modal button[name=action_quote]"),
    hand.see(
        "It names the machine and says what is covered",
        `.o_form_view:not(:has(.modal)) ${FIELD}[name=order_line]:contains(Service A)`
    ),
    hand.click("To the customer", "button[name=action_quotation_send].btn-primary"),
    hand.click("By mail", ".modal button[name=action_send_mail]"),
    hand.see(
        "The customer has it",
        "body:not(:has(.modal)) .o_arrow_button_current:contains(Quotation Sent)"
    ),
]);

// The customer: starts on the page of the quotation
registry.category("web_tour.tours").add("aftersales_contract_sign", {
    steps: () => [
        {
            content: "What is covered stands on the quotation",
            trigger: "#portal_sale_content:contains(P300-1):contains(Covered)",
        },
        {
            content: "Accept",
            trigger: "#sale_order_sidebar_button a:contains(Sign)",
            run: "click",
        },
        {
            content: "Sign",
            trigger:
                ".modal .o_portal_sign_submit:not([disabled]):enabled, .modal button.o_portal_sign_submit",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "It is signed", trigger: ".alert-success:contains(order)" },
    ],
});

// The salesperson: starts on the list of tickets
task("Covered", "aftersales_contract_covered", { clicks: 2, keys: 0, text: 0 }, () => [
    hand.click("The same ticket", ".o_data_cell:contains(Press stands still)"),
    hand.see(
        "The contract pays",
        ".o_form_view .alert:contains(Presumed: parts, labour, and travel free under contract)"
    ),
    hand.click("The contract", `${FIELD}[name=contract_id] a.o_form_uri`),
    hand.see(
        "It is in force, with the machine",
        ".o_form_view:has(.o_arrow_button_current:contains(Active)):contains(P300-1):contains(Mia Mill)"
    ),
]);
