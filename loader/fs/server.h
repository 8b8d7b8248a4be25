// The file server's protocol: answers the messages of protocol.h. Called by main.c once all is set up.
#ifndef FAULTLINE_FS_SERVER_H
#define FAULTLINE_FS_SERVER_H

#include "loader/fs/dataspace.h"

// Answers messages for ever. "files" arrives with label 0, dataspaces with DATASPACE_LABEL.
_Noreturn void server_run(void);

#endif
