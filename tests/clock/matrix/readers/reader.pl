# As reader.c.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

$| = 1;
while (my $line = <STDIN>) {
  chomp $line;
  if ($line eq 't') { print time, "\n" }
  elsif ($line eq 'm') { print int(clock_gettime(CLOCK_MONOTONIC)), "\n" }
  elsif ($line eq 'c') { system 'date', '+%s' }
  elsif ($line eq 'g') { system 'sh', '-c', 'date +%s; :' }
  else { sleep 1; print "0\n" }
}
