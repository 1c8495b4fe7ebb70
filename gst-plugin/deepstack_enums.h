// GEnum types of the enums in core/settings.h; the nicks are what users write in a pipeline.
#pragma once

#include <glib-object.h>

namespace deepstack::gst {

GType inference_region_type();
GType proposal_source_type();
GType drop_policy_type();
GType attach_meta_type();
GType gallery_mode_type();
GType precision_type();
GType event_schema_type();
GType embeddings_type();

}  // namespace deepstack::gst
