// Whether somebody listens where a camera should be: a TCP connection, made and closed. Says
// nothing about whether there is a stream.
#pragma once

#include <gio/gio.h>

#include <string>

namespace deepstack::gst {

// Waits a second at most, or until it is cancelled. True as well when the address is none: then
// there is nothing to wait for. REQUIRES: uri without credentials, of rtsp, rtsps, http or https.
bool somebody_listens(const std::string& uri, GCancellable* cancellable);

}  // namespace deepstack::gst
