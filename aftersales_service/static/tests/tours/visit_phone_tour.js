/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { ConnectionLostError, rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { drawSignature } from "./signature";

const PAGE = ".o_aftersales_visit";

/** Cut the connection of our page; a reload or `reconnect` brings it back. */
const connected = rpc._rpc;
function disconnect() {
    rpc._rpc = (url, ...rest) =>
        url.includes("/visit_")
            ? Promise.reject(new ConnectionLostError(url))
            : connected(url, ...rest);
}

function reconnect() {
    rpc._rpc = connected;
    window.dispatchEvent(new Event("online"));
}

const sign = (who) => ({
    trigger: `${PAGE} [data-signature=${who}] canvas`,
    run() {
        this.anchor.scrollIntoView();
        drawSignature(this.anchor);
    },
});

const open = (card) => ({
    trigger: `${PAGE} [data-card=${card}] .o_aftersales_visit_card_title`,
    run: "click",
});

const isState = (state) => ({ trigger: `${PAGE} [data-state=${state}]` });
const isSent = { trigger: `${PAGE}:not(:has([data-notice=unsent]))` };
const isKept = {
    trigger: `${PAGE} [data-notice=unsent]:contains(kept on this phone)`,
};

const goThere = [
    {
        content: "The day shows the visit; it opens with one touch",
        trigger: `${PAGE}_entry:contains(P200-77)`,
        run: "click",
    },
    { trigger: `${PAGE} button[name=depart]`, run: "click" },
    { trigger: `${PAGE} button[name=arrive]`, run: "click" },
    isState("on_site"),
];

const work = (text) => [
    { trigger: `${PAGE} textarea[name=work_done]`, run: `edit ${text}` },
    { trigger: `${PAGE} [data-result=solved]`, run: "click" },
];

registry.category("web_tour.tours").add("aftersales_visit_phone", {
    steps: () => [
        ...goThere,
        {
            content: "The wrong machine is told in clear words",
            trigger: `${PAGE} input[name=machine_code]`,
            run: "edit S3-1",
        },
        { trigger: `${PAGE} button[name=check_machine]`, run: "click" },
        {
            trigger: `${PAGE} [data-card=machine] .alert:contains(another machine)`,
        },
        { trigger: `${PAGE} input[name=machine_code]`, run: "edit p200-77" },
        { trigger: `${PAGE} button[name=check_machine]`, run: "click" },
        { trigger: `${PAGE} [data-card=machine]:contains(The right machine)` },
        {
            content: "Nothing is finished before it is written down",
            trigger: `${PAGE} button[name=finish]`,
            run: "click",
        },
        { trigger: `${PAGE} [data-notice=missing]` },
        isSent,
        {
            content: "The connection is lost in the middle",
            trigger: `${PAGE} textarea[name=work_done]`,
            run: disconnect,
        },
        ...work("Hose replaced, pressure tested"),
        open("parts"),
        { trigger: `${PAGE} input[name=part_text]`, run: "edit Hose 3/8" },
        { trigger: `${PAGE} button[name=find_part]`, run: "click" },
        { trigger: `${PAGE} button[name=describe_part]`, run: "click" },
        { trigger: `${PAGE} .o_aftersales_part:contains(Hose 3/8)` },
        open("time"),
        { trigger: `${PAGE} [data-start=labour]`, run: "click" },
        { trigger: `${PAGE} [data-stop=labour]` },
        isKept,
        {
            content: "It is sent now, in vain",
            trigger: `${PAGE} button[name=send_now]`,
            run: "click",
        },
        { trigger: `${PAGE} .fa-plug` },
        isKept,
        {
            content: "The page is opened anew: all that was typed is there, and sent",
            trigger: `${PAGE} textarea[name=work_done]`,
            run: () => window.location.reload(),
            expectUnloadPage: true,
        },
        {
            trigger: `${PAGE} textarea[name=work_done]:value(/Hose replaced, pressure tested/)`,
        },
        isSent,
        open("time"),
        {
            content: "The time still runs",
            trigger: `${PAGE} [data-stop=labour]`,
            run: "click",
        },
        open("conduct"),
        {
            trigger: `${PAGE} [data-card=conduct] [data-answer=yes]`,
            run: "click",
        },
        {
            content: "Once more without a connection: the step waits with its time",
            trigger: `${PAGE} [data-card=conduct] .btn-success`,
            run: disconnect,
        },
        { trigger: `${PAGE} button[name=finish]`, run: "click" },
        isState("to_sign"),
        isKept,
        {
            content: "Signing needs a connection, and says so",
            trigger: `${PAGE} button[name=sign]`,
            run: "click",
        },
        {
            trigger: `${PAGE} [data-notice=sign]:contains(needs a connection)`,
            run: reconnect,
        },
        isSent,
        {
            trigger: `${PAGE} [data-notice=sign] button:contains(Try again)`,
            run: "click",
        },
        {
            content: "The customer reads what will be printed",
            trigger: `${PAGE}_paper:contains(pressure tested):contains(Hose 3/8)`,
        },
        {
            content: "The customer pays by cheque, not by card",
            trigger: `${PAGE} [data-card=payment] [data-paid=card]`,
            run: "click",
        },
        { trigger: `${PAGE} [data-card=payment] [data-paid=cheque]`, run: "click" },
        { trigger: `${PAGE} input[name=paid_amount]`, run: "edit 12.50" },
        { trigger: `${PAGE} input[name=paid_reference]`, run: "edit 000123" },
        sign("customer"),
        sign("technician"),
        { trigger: `${PAGE} button[name=confirm_sign]`, run: "click" },
        isState("done"),
        { trigger: `${PAGE} button[name=open_pdf]` },
    ],
});

registry.category("web_tour.tours").add("aftersales_visit_phone_refused", {
    steps: () => [
        ...goThere,
        ...work("Hose replaced"),
        { trigger: `${PAGE} button[name=finish]`, run: "click" },
        isState("to_sign"),
        isSent,
        { trigger: `${PAGE} button[name=sign]`, run: "click" },
        { trigger: `${PAGE} [data-outcome=refused]`, run: "click" },
        sign("technician"),
        { trigger: `${PAGE} button[name=confirm_sign]`, run: "click" },
        {
            content: "A refusal has a reason",
            trigger: `${PAGE} [data-notice=sign]:contains(Say why)`,
        },
        { trigger: `${PAGE} input[name=reason]`, run: "edit He wants to test it" },
        { trigger: `${PAGE} button[name=confirm_sign]`, run: "click" },
        isState("done"),
        { trigger: `${PAGE}_done:contains(Refused)` },
    ],
});

/**
 * Choose a picture in a file field, as from the gallery of a phone.
 *
 * @param {string} trigger of the field
 * @param {string} color
 */
const choosePicture = (trigger, color) => ({
    trigger: `${PAGE} ${trigger}`,
    async run() {
        const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
        const context = canvas.getContext("2d");
        context.fillStyle = color;
        context.fillRect(0, 0, 64, 48);
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
        const transfer = new DataTransfer();
        transfer.items.add(new File([blob], `${color}.png`, { type: "image/png" }));
        const field = this.anchor.querySelector("input[type=file]");
        field.files = transfer.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
    },
});

/** Two pictures are there, and can be seen. */
const seesPictures = {
    trigger: `${PAGE} [data-card=photos] figure:nth-child(1) img`,
    async run() {
        const pictures = [...document.querySelectorAll(`${PAGE} [data-card=photos] figure img`)];
        await Promise.all(pictures.map((picture) => picture.decode()));
        if (pictures.length !== 2 || pictures.some(({ naturalWidth }) => naturalWidth !== 64)) {
            throw new Error(`Not two pictures of 64 pixels: ${pictures.map(({ src }) => src)}`);
        }
    },
};

registry.category("web_tour.tours").add("aftersales_visit_phone_details", {
    steps: () => [
        ...goThere,
        open("photos"),
        {
            content: "Photos are chosen without a connection",
            trigger: `${PAGE} [data-moment=before]`,
            run: disconnect,
        },
        choosePicture("[data-moment=before]", "red"),
        { trigger: `${PAGE} [data-card=photos] figure` },
        choosePicture("[data-moment=after]", "green"),
        { trigger: `${PAGE} [data-card=photos] .mb-3:has([data-moment=after]) figure` },
        seesPictures,
        isKept,
        {
            content: "They are there again when the page was opened anew",
            trigger: `${PAGE} [data-moment=after]`,
            run: () => window.location.reload(),
            expectUnloadPage: true,
        },
        isState("on_site"),
        open("photos"),
        seesPictures,
        isSent,
        open("findings"),
        { trigger: `${PAGE} button[name=add_finding]`, run: "click" },
        {
            content: "Improper use is determined on the spot",
            trigger: `${PAGE} select[name=cause_id]`,
            run: "selectByLabel Test Misuse",
        },
        {
            content: "Nothing is proposed without evidence",
            trigger: `${PAGE} .o_aftersales_misuse button[name=propose_misuse]:disabled`,
        },
        {
            trigger: `${PAGE} textarea[name=misuse_evidence]`,
            run: "edit Run without oil: the counter says 40 hours",
        },
        choosePicture(".o_aftersales_misuse label", "blue"),
        { trigger: `${PAGE} .o_aftersales_misuse label:contains((1))` },
        {
            trigger: `${PAGE} .o_aftersales_misuse button[name=propose_misuse]:enabled`,
            run: "click",
        },
        { trigger: `${PAGE} .o_aftersales_misuse:contains(A second person looks)` },
        open("parts"),
        {
            content: "A barcode takes the part; scanned again, it is one more",
            trigger: `${PAGE} input[name=part_text]`,
            run: "edit T4006381333931 && press Enter",
        },
        { trigger: `${PAGE} .o_aftersales_part:contains(Hose 3/8)` },
        {
            trigger: `${PAGE} input[name=part_text]:value()`,
            run: "edit T4006381333931 && press Enter",
        },
        { trigger: `${PAGE} .o_aftersales_part input[aria-label=Quantity]:value(2)` },
        {
            content: "The field is empty for the next one",
            trigger: `${PAGE} input[name=part_text]:value()`,
        },
        open("training"),
        {
            trigger: `${PAGE} textarea[name=training_topics]`,
            run: "edit Oil level, daily",
        },
        ...work("Pump replaced"),
        { trigger: `${PAGE} button[name=finish]`, run: "click" },
        isState("to_sign"),
        isSent,
    ],
});

registry.category("web_tour.tours").add("aftersales_visit_phone_arrive", {
    steps: () => [...goThere, isSent],
});

registry.category("web_tour.tours").add("aftersales_visit_phone_restored", {
    steps: () => [
        {
            content: "What was typed before the page was closed is there",
            trigger: `${PAGE} textarea[name=work_done]:value(/Typed in the cellar/)`,
        },
        { trigger: `${PAGE} [data-result=solved]`, run: "click" },
        { trigger: `${PAGE} button[name=finish]`, run: "click" },
        isState("to_sign"),
        isSent,
    ],
});
