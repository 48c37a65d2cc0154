#!/bin/sh
# Takes each order out of the queue, and tells of it in one line of JSON.
echo waiting
while order=$(redis-cli -p 16379 blpop orders 0 | tail -n 1); do
  printf '{"order": "%s", "on": "%s"}\n' "$order" "$(date -u +%F)"
done
