/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { hand, task } from "./effort";

const CARD = ".o_kanban_record";
const ACCEPT = "button[name=action_accept_suggestion]";
/** A row of the list, on a phone a card: with some text, and what is in it. */
const row = (text, cell = "", inside = "") =>
    `.o_data_row:contains(${text})${cell}, ${CARD}:contains(${text})${inside}`;
const FIELD = ".o_form_view .o_field_widget";
const ANSWER = ".o-autocomplete--dropdown-item";
const CHOICE = ".o_select_menu_item";

// Starts in Triage
task(4, "aftersales_intake_accept", { clicks: 1, keys: 0, text: 0 }, () => [
    hand.see(
        "It says why it may be this customer",
        row("Leaks again", ":contains(Serial number P200-77)", ":contains(Serial number P200-77)")
    ),
    hand.click("This Customer", row("Leaks again", ` ${ACCEPT}`, ` ${ACCEPT}`)),
    hand.see(
        "It waits in triage no more",
        `.o_action_manager:contains(A question):not(:has(${ACCEPT}))`
    ),
]);

// Starts in Triage
task(5, "aftersales_intake_new_customer", { clicks: 2, keys: 0, text: 0 }, () => [
    hand.click("Nobody knows him", row("A question", " td[name=name]")),
    hand.see(
        "The ticket says it",
        ".alert:contains(Nobody knows yet which customer this is)"
    ),
    hand.click("New Customer", ".alert button[name=action_new_customer]"),
    hand.see(
        "He has the name and the address of the mail",
        `${FIELD}[name=partner_id] input:value(Nina New)`
    ),
    hand.see(
        "There is nothing more to decide",
        ".o_form_view:not(:has(button[name=action_new_customer]:visible))"
    ),
]);

// Starts on the board
task(6, "aftersales_intake_classify", { clicks: 3, keys: 5, text: 14 }, () => [
    hand.click("The mail of a known customer", `${CARD}:contains(Zylomat smokes)`),
    hand.see("What is missing is said", `${FIELD}[name=missing_facts]`),
    hand.click("The machine", `${FIELD}[name=equipment_id] input`),
    hand.type("Its number", `${FIELD}[name=equipment_id] input`, "200-77"),
    hand.press("Found", `${ANSWER}:contains(P200-77)`, "Enter"),
    hand.press(
        "On to the type",
        ".o_form_view:not(:has(.o_field_widget[name=serial_number] input))",
        "Tab"
    ),
    hand.type("The type: one letter opens the choices", `${FIELD}[name=ticket_type] input`, "q"),
    hand.see("They are there", CHOICE),
    hand.type("The others find it", `${FIELD}[name=ticket_type] input`, "ual"),
    hand.press("It is chosen", `${CHOICE}.focus:contains(Quality)`, "Enter"),
    hand.press("On to the severity", `${FIELD}[name=ticket_type] input:focus`, "Tab"),
    hand.type("The severity: one letter opens the choices", `${FIELD}[name=severity] input`, "s"),
    hand.see("They are there", CHOICE),
    hand.type("The others find it", `${FIELD}[name=severity] input`, "eri"),
    hand.press("It is chosen", `${CHOICE}.focus:contains(Serious)`, "Enter"),
    hand.see(
        "What it means is said beside it",
        `${FIELD}[name=severity_definition]:contains(out of use)`
    ),
    hand.click(
        "The fault that similar reports had; this saves as well",
        ".o_aftersales_fault_suggestion:contains(Test Hose) button"
    ),
    hand.see(
        "A rule has forwarded it at once, and says so",
        ".o_form_view:has(.o_field_widget[name=user_id] input:value(Hand 0)) .o-mail-Message:contains(Forwarded to Hand 0)"
    ),
]);

// Starts on the board
task(7, "aftersales_intake_merge", { clicks: 3, keys: 0, text: 0 }, () => [
    hand.click("The second report", `${CARD}:contains(Leaks still)`),
    hand.click(
        "It may have been reported already",
        ".alert:contains(reported already) button[name=action_merge]"
    ),
    hand.see(
        "The older report goes on",
        ".modal .o_field_widget[name=original_id] input:value(Leaks since Monday)"
    ),
    hand.click("Merge", ".modal button[name=action_merge]"),
    hand.see(
        "It is the older one that is open now",
        "body:not(:has(.modal)) .o_form_view .nav-link:contains(Reported Again)"
    ),
]);
