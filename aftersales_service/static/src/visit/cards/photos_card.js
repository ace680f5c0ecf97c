/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { shrinkPicture } from "../image_tools";
import { newId } from "../sync/visit_queue";
import { VisitCard } from "./visit_card";

import { Component } from "@odoo/owl";

/** Pictures of before and after, made small on the phone before they travel. */
export class PhotosCard extends Component {
    static template = "aftersales_service.PhotosCard";
    static components = { VisitCard };
    static props = {
        sync: Object,
        job: { type: Object, optional: true },
        photos: Array,
        moments: Array,
        isLocked: Boolean,
    };

    setup() {
        this.notification = useService("notification");
    }

    of(moment) {
        return this.props.photos.filter((photo) => photo.moment === moment);
    }

    async take(moment, ev) {
        for (const file of ev.target.files) {
            try {
                const picture = await shrinkPicture(file);
                const set = { moment, name: false, job_id: this.props.job?.id || false };
                await this.props.sync.addPicture("photo", newId(), picture, set);
            } catch {
                this.notification.add(_t("This file is not a picture."), { type: "danger" });
            }
        }
        ev.target.value = "";
    }

    caption(photo, name) {
        this.props.sync.change("photo", photo.id, { name });
    }

    remove(photo) {
        this.props.sync.remove("photo", photo.id);
    }
}
