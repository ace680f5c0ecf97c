/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { hand, task } from "./effort";

const FORM = ".modal .o_aftersales_call";
const CALLER = `${FORM} .o_aftersales_caller input`;
const FIELD = `${FORM} .o_field_widget`;
const SUBJECT = `${FIELD}[name=name] input`;
const DESCRIPTION = `${FIELD}[name=description] textarea`;
const ANSWER = ".o-autocomplete--dropdown-item";
const SAVED = "body:not(:has(.modal)) .o_form_view";

const newCall = () =>
    hand.press("The telephone rings", ".o_web_client", "alt", "shift", "c");

// Starts on the board
task(1, "aftersales_intake_call", { clicks: 0, keys: 5, text: 41 }, () => [
    newCall(),
    hand.type("The number on the display", CALLER, "4711457"),
    hand.press("She is known", `${ANSWER}:contains(Mia Mill)`, "Enter"),
    hand.press(
        "Her machines are beside it",
        `${FORM} .o_aftersales_machine:contains(P200-77)[data-hotkey="1"]`,
        "alt",
        "1"
    ),
    hand.see("It is this one", `${FORM} .o_aftersales_machine.active:contains(P200-77)`),
    hand.type("What is wrong", SUBJECT, "Does not press"),
    hand.press("On to her words", SUBJECT, "Tab"),
    hand.type("What she says", DESCRIPTION, "It hums, then stops."),
    hand.press("Save", DESCRIPTION, "alt", "q"),
    hand.see(
        "It is a ticket of hers",
        `${SAVED} .o_field_widget[name=partner_id] input:value(Mia Mill)`
    ),
]);

// Starts on the board
task(2, "aftersales_intake_call_unknown", { clicks: 0, keys: 6, text: 60 }, () => [
    newCall(),
    hand.type("The number on the display", CALLER, "+49 40 9998887"),
    hand.press(
        "Nobody has it",
        `${ANSWER}:first:contains(Go on without a customer)`,
        "Enter"
    ),
    hand.type("What is wrong", SUBJECT, "Asks for a service"),
    hand.press("On to his words", SUBJECT, "Tab"),
    hand.type("What he says", DESCRIPTION, "Bought it second-hand"),
    hand.press("On to the customer: none", DESCRIPTION, "Tab"),
    hand.press("On to his name", `${FIELD}[name=partner_id] input:focus`, "Tab"),
    hand.type("Who he is", `${FIELD}[name=caller_name] input`, "Ned New"),
    hand.press("Save", `${FIELD}[name=caller_name] input`, "alt", "q"),
    hand.see(
        "It waits in triage, his name and number are kept",
        `${SAVED}:has(.o_field_widget[name=caller_name]:contains(Ned New), .o_field_widget[name=caller_name] input:value(Ned New)) .alert:contains(Nobody knows yet)`
    ),
]);

// Starts on the board
task(3, "aftersales_intake_call_again", { clicks: 0, keys: 4, text: 24 }, () => [
    newCall(),
    hand.type("The number on the display", CALLER, "4711457"),
    hand.press("She is known", `${ANSWER}:contains(Mia Mill)`, "Enter"),
    hand.press(
        "She has reported it already",
        `${FORM} .o_aftersales_open_ticket:contains(Hose leaks)[data-hotkey="2"]`,
        "alt",
        "2"
    ),
    hand.see("It is logged there", `${FORM} .alert:contains(Hose leaks)`),
    hand.type("What she asks", SUBJECT, "Asks when we come"),
    hand.press("Log the call", SUBJECT, "alt", "q"),
    hand.see("It is in the history", `${SAVED} .o-mail-Message:contains(Asks when we come)`),
]);

// Starts on the board
task(11, "aftersales_intake_letter", { clicks: 3, keys: 3, text: 31 }, () => [
    newCall(),
    hand.type("Who has written", CALLER, "mia mill"),
    hand.press("He is known", `${ANSWER}:contains(Mia Mill)`, "Enter"),
    hand.type("What it is about", SUBJECT, "Wants the floor cleaned"),
    hand.drop("The scan is dragged here", FORM, "letter.pdf"),
    hand.see("It is there", `${FORM} .o_aftersales_scans .o_attachment:contains(letter.pdf)`),
    hand.click("It is no call", `${FIELD}[name=channel] input`),
    hand.click("But a letter", ".o_select_menu_item:contains(Letter)"),
    hand.press("Save", `${FIELD}[name=channel] input:value(Letter)`, "alt", "q"),
    hand.see("The scan is in the history", `${SAVED} .o-mail-Message:contains(letter.pdf)`),
]);
