#include "../Level.h"

#define INGOT_LEVEL 0
#include "../Loops/Table.h"
const ingot_level ingot_level_portable = INGOT_LEVEL_TABLE;
