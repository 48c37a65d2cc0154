// As reader.go, for a program that libc starts: go build reader.go reader_cgo.go

package main

// #include <time.h>
import "C"

// A program without a call into C would not be linked with libc.
var started = C.time(nil)
