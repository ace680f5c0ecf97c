/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */

/** Go to what is to be typed next in the form of a call: the first text still empty. */
export function focusNextText(el) {
    const form = el?.closest(".o_form_view");
    const inputs = ["input", "textarea"].flatMap((tag) => [
        ...(form?.querySelectorAll(
            `.o_field_widget[name=name] ${tag}, .o_field_widget[name=description] ${tag}`
        ) || []),
    ]);
    (inputs.find((input) => !input.value) || inputs[0])?.focus();
}
