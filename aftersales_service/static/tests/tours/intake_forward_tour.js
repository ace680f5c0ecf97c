/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { hand, task } from "./effort";

const ROW = ".o_data_row";
const CARD = ".o_kanban_record";
const FIELD = ".o_field_widget";
const ANSWER = ".o-autocomplete--dropdown-item";

// Starts on the board
task(8, "aftersales_intake_forward", { clicks: 1, keys: 6, text: 36 }, () => [
    hand.click("A report that no rule fits", `${CARD}:contains(Press stands)`),
    hand.press("Forward", ".o_form_view button[name=action_forward]", "alt", "f"),
    hand.type("To which team", `.modal ${FIELD}[name=team_id] input`, "hydra"),
    hand.press("Hydraulics", `${ANSWER}:contains(Hydraulics)`, "Enter"),
    hand.press("On to the person", `.modal ${FIELD}[name=team_id] input`, "Tab"),
    hand.type("To whom", `.modal ${FIELD}[name=user_id] input`, "hand 1"),
    hand.press("Hand 1", `${ANSWER}:contains(Hand 1)`, "Enter"),
    hand.press("On to the note", `.modal ${FIELD}[name=user_id] input`, "Tab"),
    hand.type("Why", `.modal ${FIELD}[name=note] input`, "Knows the line since 2019"),
    hand.press("Forward", `.modal ${FIELD}[name=note] input`, "alt", "q"),
    hand.see(
        "He has it, and everybody reads why",
        "body:not(:has(.modal)) .o-mail-Message:contains(Knows the line)"
    ),
]);

// Starts on the board
task(12, "aftersales_intake_became", { clicks: 5, keys: 0, text: 0 }, () => [
    hand.click("Tickets", ".o_menu_sections button:contains(Tickets)"),
    hand.click("Reported by Me", ".o-dropdown-item:contains(Reported by Me)"),
    hand.see(
        "What was reported this morning, how far it is, and who has it",
        `${ROW}:contains(Hose leaks):contains(Assigned):has(${FIELD}[name=user_id] img)`
    ),
    hand.click("Reporting", ".o_menu_sections button:contains(Reporting)"),
    hand.click("Refused Mails", ".o-dropdown-item:contains(Refused Mails)"),
    hand.click(
        "This was no automatic answer",
        `${ROW}:contains(Press 7 is out of order) button[name=action_make_ticket]`
    ),
    hand.see(
        "It is a ticket, the mail is attached",
        `.o_form_view:has(.o_form_statusbar):has(.o-mail-Message:contains(From a refused mail)) ${FIELD}[name=name] textarea:value(Press 7 is out of order)`
    ),
]);
