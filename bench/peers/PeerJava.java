// PeerJava.java - Java's executors: PeerJava EXECUTOR FIGURE [COUNT]. Prints lines "value number".
//
// EXECUTOR is forkjoin (ForkJoinPool, asynchronous mode) or threads (ThreadPoolExecutor). The
// virtual machine compiles while it runs, so each figure is measured after a warm-up of the same
// length. FIGURE: floodN, inner, round_trip.

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.LongAdder;

final class PeerJava {
    private static final int WORKERS = 2;
    private static final LongAdder COUNTED = new LongAdder();
    private static final Runnable COUNT_ONE = COUNTED::increment;

    private static ExecutorService open(String name) {
        if (name.equals("threads")) {
            return Executors.newFixedThreadPool(WORKERS);
        }
        return new ForkJoinPool(WORKERS, ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, true);
    }

    private static void await(long total) throws InterruptedException {
        for (int looks = 0; COUNTED.sum() < total; looks++) {
            if (looks > 600_000) {
                throw new IllegalStateException("stuck: jobs are missing");
            }
            Thread.sleep(0, 100_000);
        }
    }

    private static double[] flood(ExecutorService pool, int producers, long count)
            throws InterruptedException {
        final long each = count / producers;
        final LongAdder submitNs = new LongAdder();
        final long before = COUNTED.sum();
        final long begin = System.nanoTime();
        final Thread[] threads = new Thread[producers];
        for (int i = 0; i < producers; i++) {
            threads[i] = new Thread(() -> {
                final long started = System.nanoTime();
                for (long n = 0; n < each; n++) {
                    pool.execute(COUNT_ONE);
                }
                submitNs.add(System.nanoTime() - started);
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        await(before + each * producers);
        final double seconds = (System.nanoTime() - begin) / 1e9;
        return new double[] {each * producers / seconds, (double) submitNs.sum() / (each * producers)};
    }

    private static double inner(ExecutorService pool, long count) throws InterruptedException {
        final long before = COUNTED.sum();
        final long begin = System.nanoTime();
        pool.execute(() -> {
            for (long n = 0; n < count; n++) {
                pool.execute(COUNT_ONE);
            }
        });
        await(before + count);
        return count / ((System.nanoTime() - begin) / 1e9);
    }

    private static double roundTrip(ExecutorService pool, long count) throws Exception {
        final long begin = System.nanoTime();
        for (long n = 0; n < count; n++) {
            pool.submit(COUNT_ONE).get();
        }
        return (System.nanoTime() - begin) / 1e3 / count;
    }

    private static void measure(ExecutorService pool, String figure, long given) throws Exception {
        for (int round = 0; round < 2; round++) {
            final String warm = round == 0 ? "warm_up_" : "";
            if (figure.startsWith("flood")) {
                final long count = given > 0 ? given : 2_000_000;
                final double[] values = flood(pool, Integer.parseInt(figure.substring(5)), count);
                System.out.printf("%sjobs_per_s %.9g%n", warm, values[0]);
                System.out.printf("%ssubmit_ns %.9g%n", warm, values[1]);
            } else if (figure.equals("inner")) {
                System.out.printf("%sjobs_per_s %.9g%n", warm, inner(pool, given > 0 ? given : 1_000_000));
            } else if (figure.equals("round_trip")) {
                System.out.printf("%sus %.9g%n", warm, roundTrip(pool, given > 0 ? given : 20_000));
            } else {
                System.err.println("PeerJava: no figure '" + figure + "'");
                System.exit(2);
            }
        }
    }

    public static void main(String[] words) throws Exception {
        if (words.length < 2) {
            System.err.println("usage: PeerJava forkjoin|threads FIGURE [COUNT]");
            System.exit(2);
        }
        final ExecutorService pool = open(words[0]);
        measure(pool, words[1], words.length > 2 ? Long.parseLong(words[2]) : 0);
        pool.shutdown();
    }
}
