// One workload with franz-go. Arguments: KEY=VALUE…; prints its figures as JSON, last line on stdout.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var options = map[string]string{}
var topic string
var records, size int

func main() {
	for _, argument := range os.Args[1:] {
		name, value, _ := strings.Cut(argument, "=")
		options[name] = value
	}
	topic, records, size = options["topic"], number("records"), number("size")
	kinds := map[string]func() map[string]float64{
		"produce": produce, "consume": consume, "latency": latency,
		"end-to-end": endToEnd, "first-ack": firstAcknowledgement, "group": group, "transactions": transactions,
	}
	text, err := json.Marshal(kinds[options["kind"]]())
	must(err)
	fmt.Println(string(text))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(name string) int {
	value, _ := strconv.Atoi(options[name])
	return value
}

func openProducer(more ...kgo.Opt) *kgo.Client {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	codec, known := codecs[options["codec"]]
	if !known {
		codec = kgo.NoCompression()
	}
	return open(append(more,
		kgo.DefaultProduceTopic(topic),
		kgo.ProducerLinger(time.Duration(number("lingerMs"))*time.Millisecond),
		kgo.ProducerBatchMaxBytes(int32(max(number("batchSize"), 16384))),
		kgo.MaxBufferedRecords(50000),
		kgo.ProducerBatchCompression(codec),
	)...)
}

func open(more ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(options["bootstrap"]))...)
	must(err)
	return client
}

func readPayloads() [][]byte {
	all, err := os.ReadFile(options["payloads"])
	must(err)
	payloads := make([][]byte, len(all)/size)
	for n := range payloads {
		payloads[n] = all[n*size : (n+1)*size]
	}
	return payloads
}

func makeKeys() [][]byte {
	keys := make([][]byte, 10000)
	for n := range keys {
		keys[n] = []byte(fmt.Sprintf("key-%d", n))
	}
	return keys
}

func produce() map[string]float64 {
	values, keys := readPayloads(), makeKeys()
	keyed := options["keyed"] == "1"
	client := openProducer()
	defer client.Close()
	must(client.Ping(context.Background()))
	var failed atomic.Int64
	onDone := func(_ *kgo.Record, err error) {
		if err != nil {
			failed.Add(1)
		}
	}
	start := time.Now()
	for n := range records {
		record := &kgo.Record{Value: values[n%len(values)]}
		if keyed {
			record.Key = keys[n%len(keys)]
		}
		client.Produce(context.Background(), record, onDone)
	}
	must(client.Flush(context.Background()))
	if failed.Load() > 0 {
		must(fmt.Errorf("%d failed", failed.Load()))
	}
	return rate(start)
}

func rate(start time.Time) map[string]float64 {
	return map[string]float64{"recordsPerSecond": float64(records) / time.Since(start).Seconds()}
}

func groupName() kgo.Opt {
	return kgo.ConsumerGroup(fmt.Sprintf("bench-%d", os.Getpid()))
}

func consume() map[string]float64 {
	client := open(kgo.ConsumeTopics(topic), groupName(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	var start time.Time
	received, bytes := 0, 0
	for received < records {
		fetches := client.PollFetches(context.Background())
		if start.IsZero() && fetches.NumRecords() > 0 {
			start = time.Now()
		}
		fetches.EachRecord(func(record *kgo.Record) { bytes += len(record.Value) })
		received += fetches.NumRecords()
	}
	result := rate(start)
	client.Close()
	if bytes != records*size {
		must(fmt.Errorf("%d bytes", bytes))
	}
	return result
}

func waitUntil(due time.Time) {
	time.Sleep(time.Until(due))
}

func latency() map[string]float64 {
	values, keys := readPayloads(), makeKeys()
	perSecond := number("perSecond")
	client := openProducer()
	defer client.Close()
	must(client.Ping(context.Background()))
	latencies := make([]float64, records)
	var left sync.WaitGroup
	left.Add(records)
	start := time.Now()
	for n := range records {
		if perSecond > 0 {
			waitUntil(start.Add(time.Duration(n) * time.Second / time.Duration(perSecond)))
		}
		from := time.Now()
		done := make(chan struct{}, 1)
		client.Produce(context.Background(), &kgo.Record{Key: keys[n%len(keys)], Value: values[n%len(values)]}, func(_ *kgo.Record, err error) {
			must(err)
			latencies[n] = time.Since(from).Seconds() * 1000
			left.Done()
			done <- struct{}{}
		})
		if perSecond == 0 {
			<-done
		}
	}
	left.Wait()
	return percentiles(latencies)
}

func endToEnd() map[string]float64 {
	epoch := time.Now()
	keys := makeKeys()
	latencies := make([]float64, 0, records)
	assigned := make(chan struct{})
	var once sync.Once
	onAssigned := kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { once.Do(func() { close(assigned) }) })
	consumer := open(kgo.ConsumeTopics(topic), groupName(), onAssigned, kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()))
	done := make(chan struct{})
	go func() {
		for len(latencies) < records {
			consumer.PollFetches(context.Background()).EachRecord(func(record *kgo.Record) {
				sent := time.Duration(binary.LittleEndian.Uint64(record.Value))
				latencies = append(latencies, (time.Since(epoch)-sent).Seconds()*1000)
			})
		}
		close(done)
	}()
	producer := openProducer()
	defer producer.Close()
	<-assigned
	time.Sleep(time.Second)
	start := time.Now()
	for n := range records {
		waitUntil(start.Add(time.Duration(n) * time.Second / time.Duration(number("perSecond"))))
		value := make([]byte, size)
		binary.LittleEndian.PutUint64(value, uint64(time.Since(epoch)))
		producer.Produce(context.Background(), &kgo.Record{Key: keys[n%len(keys)], Value: value}, func(_ *kgo.Record, err error) { must(err) })
	}
	<-done
	consumer.Close()
	return percentiles(latencies)
}

func firstAcknowledgement() map[string]float64 {
	client := openProducer()
	defer client.Close()
	must(client.ProduceSync(context.Background(), &kgo.Record{Value: []byte("first")}).FirstErr())
	fmt.Println("acknowledged")
	return map[string]float64{}
}

func group() map[string]float64 {
	var held [2]atomic.Int32
	join := func(member int) *kgo.Client {
		count := func(sign int32) func(context.Context, *kgo.Client, map[string][]int32) {
			return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
				held[member].Add(sign * int32(len(partitions[topic])))
			}
		}
		client := open(kgo.ConsumeTopics(topic), groupName(), kgo.OnPartitionsAssigned(count(1)), kgo.OnPartitionsRevoked(count(-1)), kgo.OnPartitionsLost(count(-1)))
		go func() {
			for !client.PollFetches(context.Background()).IsClientClosed() {
			}
		}()
		return client
	}
	until := func(start time.Time, first int32, second int32) float64 {
		for held[0].Load() != first || held[1].Load() != second {
			time.Sleep(time.Millisecond / 2)
		}
		return time.Since(start).Seconds() * 1000
	}
	start := time.Now()
	first := join(0)
	firstMs := until(start, 6, 0)
	start = time.Now()
	second := join(1)
	secondMs := until(start, 3, 3)
	start = time.Now()
	second.Close()
	leaveMs := until(start, 6, 0)
	first.Close()
	return map[string]float64{"firstMs": firstMs, "secondMs": secondMs, "leaveMs": leaveMs}
}

// One after the other, each ended before the next begins. The first tenth warms up and does not count.
func transactions() map[string]float64 {
	values, keys := readPayloads(), makeKeys()
	inEach := number("inEach")
	count := records / inEach
	client := openProducer(kgo.TransactionalID(topic))
	defer client.Close()
	var start time.Time
	for n := range count {
		if n == count/10 {
			start = time.Now()
		}
		must(client.BeginTransaction())
		for at := n * inEach; at < (n+1)*inEach; at++ {
			record := &kgo.Record{Key: keys[at%len(keys)], Value: values[at%len(values)]}
			client.Produce(context.Background(), record, func(_ *kgo.Record, err error) { must(err) })
		}
		must(client.Flush(context.Background()))
		must(client.EndTransaction(context.Background(), kgo.TryCommit))
	}
	return map[string]float64{"transactionsPerSecond": float64(count-count/10) / time.Since(start).Seconds()}
}

// The first tenth warms up and does not count.
func percentiles(all []float64) map[string]float64 {
	counted := all[len(all)/10:]
	sort.Float64s(counted)
	return map[string]float64{"p50": counted[len(counted)/2], "p99": counted[len(counted)*99/100]}
}
