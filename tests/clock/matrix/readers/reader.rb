# As reader.c.
$stdout.sync = true
while (line = $stdin.gets)
  case line.strip
  when 't' then puts Time.now.to_i
  when 'm' then puts Process.clock_gettime(Process::CLOCK_MONOTONIC).to_i
  when 'c' then system('date', '+%s')
  when 'g' then system('sh', '-c', 'date +%s; :')
  else
    sleep 1
    puts 0
  end
end
