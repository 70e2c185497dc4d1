// What a kernel can find wrong with values, which no plan sees. It goes on to its end; dispatch asks `takeError` afterwards.
#pragma once

enum { INDEX_OUT_OF_RANGE = 1 };

// From any thread; of several errors one is kept.
void raiseError(int code);
