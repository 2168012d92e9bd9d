"""One outside thing each; foreign errors become ours at the door."""
