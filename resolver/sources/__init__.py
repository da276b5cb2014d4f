"""Where messages come from: servers, zone snapshots, recordings. Nothing here judges."""
