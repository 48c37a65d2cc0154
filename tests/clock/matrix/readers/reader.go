// As reader.c.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"time"
)

func run(arguments ...string) {
	command := exec.Command(arguments[0], arguments[1:]...)
	command.Stdout = os.Stdout
	if err := command.Run(); err != nil {
		fmt.Println(err)
	}
}

func main() {
	begin := time.Now()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch lines.Text() {
		case "t":
			fmt.Println(time.Now().Unix())
		case "m":
			fmt.Println(int64(time.Since(begin).Seconds())) // by the monotonic reading of both
		case "c":
			run("date", "+%s")
		case "g":
			run("sh", "-c", "date +%s; :")
		default:
			time.Sleep(time.Second)
			fmt.Println(0)
		}
	}
}
