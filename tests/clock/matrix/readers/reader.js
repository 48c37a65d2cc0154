// As reader.c.
const {execFileSync} = require('child_process');
const say = (text) => console.log(String(text).trim());
require('readline').createInterface({input: process.stdin}).on('line', (line) => {
  switch (line) {
    case 't':
      return say(Math.floor(Date.now() / 1000));
    case 'm':
      return say(process.hrtime.bigint() / 1000000000n);
    case 'c':
      return say(execFileSync('date', ['+%s']));
    case 'g':
      return say(execFileSync('sh', ['-c', 'date +%s; :']));
    default:
      setTimeout(() => say(0), 1000);
  }
});
