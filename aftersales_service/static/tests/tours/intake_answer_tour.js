/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { hand, task } from "./effort";

const CARD = ".o_kanban_record";
const TICKET = "body:not(:has(.modal)) .o_form_view";
const EDITOR = ".modal .o_field_widget[name=body] .odoo-editor-editable";

// Starts on the board: two clicks on the ticket itself
task(9, "aftersales_intake_answer", { clicks: 3, keys: 0, text: 27 }, () => [
    hand.click("A question", `${CARD}:contains(Which oil)`),
    hand.click("Answer and Close", ".o_form_view button[name=action_answer_close]"),
    hand.see("It goes to her", ".modal .o_field_widget[name=partner_ids]:contains(Mia Mill)"),
    hand.write("The answer", EDITOR, "HLP 46, as on page 12, Mia."),
    hand.click("Send", ".modal button.o_mail_send"),
    hand.see(
        "It is closed",
        `${TICKET}:has(.o-mail-Message:contains(HLP 46)):not(:has(button[name=action_answer_close]:visible))`
    ),
]);

// Starts on the board
task(10, "aftersales_intake_complaint", { clicks: 4, keys: 1, text: 20 }, () => [
    hand.click("A complaint", `${CARD}:contains(Oil on our floor)`),
    hand.click("What do we offer?", ".o_form_view button[name=action_offer_resolution]"),
    hand.type(
        "The offer",
        ".modal .o_field_widget[name=text] textarea",
        "We clean it for free"
    ),
    hand.press("Send it", ".modal .o_field_widget[name=text] textarea", "alt", "q"),
    hand.click(
        "She calls and accepts",
        `${TICKET} button[name=action_record_answer]`
    ),
    hand.click(
        "Accepted is proposed",
        ".modal:has(.o_field_widget[name=answer] input:checked) button[name=action_apply]"
    ),
    hand.see(
        "It is settled",
        `${TICKET} .o_field_widget[name=offer_ids] .o_data_row:contains(We clean it):contains(Accepted)`
    ),
]);
