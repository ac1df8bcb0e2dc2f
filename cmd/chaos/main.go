// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command chaos kills our host again and again while a scripted load runs on a
// cluster without machines, restarts the API server as well, and says what is
// wrong: at any moment, with how many pods were created (package history), on
// the way (package load), and at the end (package verdict). It is run by make
// chaos, from the root of the repository.
//
// Its exit code is 0 if nothing was wrong, and 1 if not.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	o := options{bin: "bin", progress: os.Stdout}
	flag.DurationVar(&o.duration, "duration", 10*time.Minute, "how long the load runs")
	flag.DurationVar(&o.killEvery, "kill-every", 20*time.Second, "time between two kills of a host")
	flag.IntVar(&o.restarts, "apiserver-restarts", 2, "how often the API server is restarted")
	flag.IntVar(&o.hosts, "hosts", 2, "how many hosts there are; one leads, the others stand by")
	flag.IntVar(&o.stories, "stories", 2, "how many times each story of the load is played at once")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64N(10000), "what the users of the load do; two runs with the same want the same")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	wrong, err := run(ctx, o)
	for _, sentence := range wrong {
		fmt.Println("wrong:", sentence)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	if err != nil || len(wrong) > 0 {
		os.Exit(1)
	}
}
