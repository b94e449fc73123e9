// peer_go.go - Go: a goroutine a job, on two processors: peer_go FIGURE [COUNT]. Prints lines
// "value number". FIGURE: floodN, inner, round_trip.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const workers = 2

func report(name string, value float64) { fmt.Printf("%s %.9g\n", name, value) }

// flood starts count goroutines that do nothing, from as many producers, and waits for them.
func flood(producers, count int) {
	each := count / producers
	var jobs, submitters sync.WaitGroup
	begin := time.Now()
	submitNs := make([]int64, producers)
	for p := 0; p < producers; p++ {
		submitters.Add(1)
		jobs.Add(each)
		go func(p int) {
			defer submitters.Done()
			started := time.Now()
			for i := 0; i < each; i++ {
				go jobs.Done()
			}
			submitNs[p] = time.Since(started).Nanoseconds()
		}(p)
	}
	submitters.Wait()
	jobs.Wait()
	total := float64(each * producers)
	var sum int64
	for _, ns := range submitNs {
		sum += ns
	}
	report("jobs_per_s", total/time.Since(begin).Seconds())
	report("submit_ns", float64(sum)/total)
}

func roundTrip(count int) {
	begin := time.Now()
	done := make(chan struct{})
	for i := 0; i < count; i++ {
		go func() { done <- struct{}{} }()
		<-done
	}
	report("us", time.Since(begin).Seconds()*1e6/float64(count))
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: peer_go FIGURE [COUNT]")
		os.Exit(2)
	}
	count := 0
	if len(os.Args) > 2 {
		count, _ = strconv.Atoi(os.Args[2])
	}
	orElse := func(usual int) int {
		if count > 0 {
			return count
		}
		return usual
	}
	runtime.GOMAXPROCS(workers)
	figure := os.Args[1]
	producers, err := strconv.Atoi(strings.TrimPrefix(figure, "flood"))
	switch {
	case strings.HasPrefix(figure, "flood") && err == nil && producers > 0:
		flood(producers, orElse(2000000))
	case figure == "inner":
		flood(1, orElse(1000000))
	case figure == "round_trip":
		roundTrip(orElse(200000))
	default:
		fmt.Fprintf(os.Stderr, "peer_go: no figure '%s'\n", figure)
		os.Exit(2)
	}
}
