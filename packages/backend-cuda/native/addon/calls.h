#pragma once
#include "arguments.h"

// The calls of the addon: src/addon.ts says what each does and takes.

// open.cc
Napi::Value devices(const Arguments&);
Napi::Value open(const Arguments&);
Napi::Value memInfo(const Arguments&);
Napi::Value close(const Arguments&);

// buffers.cc
Napi::Value alloc(const Arguments&);
Napi::Value freeBuffer(const Arguments&);
Napi::Value trim(const Arguments&);
Napi::Value write(const Arguments&);
Napi::Value copy(const Arguments&);

// awaits.cc
Napi::Value read(const Arguments&);
Napi::Value sync(const Arguments&);

// kernels.cc
Napi::Value loadModule(const Arguments&);
Napi::Value findKernel(const Arguments&);
Napi::Value launch(const Arguments&);
Napi::Value record(const Arguments&);
Napi::Value replay(const Arguments&);
Napi::Value freeGraph(const Arguments&);
Napi::Value mark(const Arguments&);
Napi::Value elapsedMs(const Arguments&);
Napi::Value freeMark(const Arguments&);

// libraries.cc
Napi::Value useLibrary(const Arguments&);
Napi::Value makePlan(const Arguments&);
Napi::Value freePlan(const Arguments&);
