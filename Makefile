# Faultline's one Makefile. Everything that is made lies in build/. `make help` lists the targets.
#
# Wildcards everywhere: a new file is built without an edit here. The conventions are
#   kernel/**.c|S            -> build/kernel/faultline.elf, with the root program in it
#   loader/{root,rm,fs,disk} -> build/user/{root,rm,fs,disk}.elf
#   loader/programs/NAME.c   -> build/user/NAME.elf           (or loader/programs/NAME/*.c)
#   viz/**.c                 -> build/bin/faultline-viz; its --help -> build/man/faultline-viz.1
#   tests/AREA/NAME_test.c   -> build/tests/AREA/NAME         (a Check program, under ASan and UBSan)
#   tests/AREA/NAME_test.py  run as it is                     (unittest)

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.DEFAULT_GOAL := all

CC := cc
AR := ar
CROSS := riscv64-unknown-elf-
PYTHON := python3

# WERROR=-Werror is for CI: a newer compiler that warns of something new keeps nobody from building.
WARNINGS := -Wall -Wextra $(WERROR)
COMMON := -std=gnu11 -I. -g -ffile-prefix-map=$(CURDIR)=. -MMD -MP $(WARNINGS)
# -fno-tree-...: keeps the loop in memset from being compiled into a call of memset.
MACHINE := $(shell scripts/kit-cc --machine-options) -fno-tree-loop-distribute-patterns
# picolibc lends the kernel its headers only.
KERNEL_FLAGS := $(COMMON) $(MACHINE) -O2 -ffreestanding -fno-pic -fno-omit-frame-pointer
USER_FLAGS := $(COMMON) $(MACHINE) -O2 -ffunction-sections -fdata-sections
HOST_FLAGS := $(COMMON) -O2
TEST_FLAGS := $(COMMON) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

# ---- What there is --------------------------------------------------------------------------------------------------

kernel_core := $(wildcard kernel/*.c kernel/object/*.c)
kernel_sources := $(kernel_core) $(wildcard kernel/arch/riscv/*.c kernel/arch/riscv/*.S)
runtime_sources := $(wildcard loader/runtime/*.c loader/runtime/*.S)
shared_sources := $(wildcard loader/region/*.c loader/elf/*.c) loader/fs/cpio.c
program_sources := $(wildcard loader/programs/*.c loader/programs/*/*.c)
programs := $(sort $(foreach source,$(program_sources),$(basename $(firstword \
    $(subst /, ,$(source:loader/programs/%=%))))))
viz_sources := $(wildcard viz/trace/*.c viz/model/*.c viz/view/*.c viz/term/*.c viz/export/*.c)
# Parts of the loader that make no system call, so that they can be tested natively.
loader_testable := $(sort $(shared_sources) $(wildcard loader/root/elf.c loader/root/options.c) \
    $(addprefix loader/fs/,archive.c block.c cache.c pages.c source.c) loader/disk/queue.c)
test_sources := $(wildcard tests/*/*_test.c)
test_programs := $(test_sources:tests/%_test.c=build/tests/%)
kernel_harness := $(addprefix tests/kernel/,support.c check.c host_arch.c)
python_tests := $(wildcard tests/*/*_test.py)
c_files = $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h' | grep -v '^work/')

kernel := build/kernel/faultline.elf
checking := build/kernel/checking.elf
viz := build/bin/faultline-viz
manual := build/man/faultline-viz.1
completion := build/man/faultline-viz.bash
metadata := build/trace/metadata
# Not the payloads of the labs, which bring them along: each file more in the directory costs instructions to search.
boot_files := $(addprefix build/boot/,fs disk rm $(filter-out lab-%,$(programs)) text.txt empty.txt)
lab_payloads := $(addprefix build/boot/,$(filter lab-%,$(programs)))

lab_commands := start lab run watch gdb hint grade reset mutants new-lab
.PHONY: all kernel checking loader viz demo test test-foreign tests setup run-demo run-test bench bench-viz golden policies rogue \
    fuzz fuzz-elf fuzz-viz fuzz-reader $(lab_commands) coverage doctor install uninstall format format-check lint clean help
all: $(kernel) $(viz) $(manual) $(completion) $(metadata) build/boot.cpio
# Parts of it, by their folders' names.
kernel: $(kernel)
checking: $(checking)
loader: build/boot.cpio
viz: $(viz)

# ---- Kernel ---------------------------------------------------------------------------------------------------------

kernel_objects := $(kernel_sources:%=build/kernel/%.o)
link_kernel = $(CROSS)gcc $(KERNEL_FLAGS) -nostdlib -static -Wl,--no-gc-sections -Wl,--build-id=none -T $^ -lgcc -o $@
$(kernel): kernel/arch/riscv/kernel.ld $(kernel_objects)
	@echo "link     $@"
	@$(link_kernel)

# The same objects, with a look at every invariant after every entry: tests/kernel/checking.c.
checking_objects := $(kernel_objects) $(patsubst %,build/kernel/%.o,tests/kernel/check.c tests/kernel/checking.c)
wrapped := kernel_main trap_system_call trap_handle trap_return arch_interrupt_wait arch_interrupt_pending \
    arch_power_off
$(checking): kernel/arch/riscv/kernel.ld $(checking_objects)
	@echo "link     $@"
	@$(link_kernel) $(wrapped:%=-Wl,--wrap=%)

build/kernel/%.o: % Makefile
	@mkdir -p $(@D)
	@echo "kernel   $<"
	@$(CROSS)gcc $(KERNEL_FLAGS) -c $< -o $@
# Backtraces do without the frames of trace_write and of the traps, which are on the way of every event.
build/kernel/kernel/trace.c.o build/kernel/kernel/arch/riscv/trap.c.o: KERNEL_FLAGS += -fomit-frame-pointer
build/kernel/kernel/arch/riscv/root_image.S.o: build/user/root.bin
build/kernel/kernel/arch/riscv/root_image.S.o: KERNEL_FLAGS += -Wa,-Ibuild/user

# ---- User programs --------------------------------------------------------------------------------------------------

user_objects = $(patsubst %,build/user/%.o,$(1))
root_objects := $(call user_objects,$(wildcard loader/root/*.c loader/root/*.S))
rm_objects := $(call user_objects,$(wildcard loader/rm/*.c loader/rm/*.S))
fs_objects := $(call user_objects,$(wildcard loader/fs/*.c loader/fs/*.S))
disk_objects := $(call user_objects,$(wildcard loader/disk/*.c loader/disk/*.S))
program_objects = $(call user_objects,$(wildcard loader/programs/$(1).c loader/programs/$(1)/*.c))
libraries := build/user/libshared.a build/user/libruntime.a

# A program with a main function is linked with the whole runtime by kit-cc; root and the region mapper, each with a
# script of its own ($(1)), take what they use.
link_program = scripts/kit-cc $(filter %.o,$^) build/user/libshared.a -o $@
link_user = $(CROSS)gcc $(USER_FLAGS) -nostdlib -nostartfiles -static -Wl,--gc-sections -Wl,--build-id=none \
    -Wl,--no-warn-rwx-segments -Wl,-z,max-page-size=4096 -T $(1) $(filter %.o,$^) \
    -Wl,--start-group $(libraries) -lc -lgcc -Wl,--end-group -o $@

build/user/root.elf: $(root_objects) $(libraries) loader/root/root.ld
	@echo "link     $@"
	@$(call link_user,loader/root/root.ld)
build/user/rm.elf: $(rm_objects) $(libraries) loader/rm/rm.ld
	@echo "link     $@"
	@$(call link_user,loader/rm/rm.ld)
build/user/fs.elf: $(fs_objects)
build/user/disk.elf: $(disk_objects)
build/user/fs.elf build/user/disk.elf: $(libraries) loader/runtime/program.ld scripts/kit-cc
	@echo "link     $@"
	@$(link_program)
$(programs:%=build/user/%.elf): build/user/%.elf: $$(call program_objects,$$*) $(libraries) loader/runtime/program.ld \
    scripts/kit-cc
	@echo "link     $@"
	@$(link_program)

build/user/root.bin: build/user/root.elf
	@$(CROSS)objcopy -O binary --set-section-flags .bss=alloc,load,contents $< $@

build/user/libruntime.a: $(call user_objects,$(runtime_sources))
build/user/libshared.a: $(call user_objects,$(shared_sources))
# Weak, so that a program may have a function of its own by any name that the runtime has, as with other C libraries.
build/user/libruntime.a:
	@rm -f $@ && $(CROSS)ar qcs $@ $^
	@$(CROSS)nm --extern-only --defined-only --format=just-symbols $@ > $@.names
	@$(CROSS)objcopy --weaken-symbols=$@.names $@
build/user/libshared.a:
	@rm -f $@ && $(CROSS)ar qcs $@ $^

# The region mapper is small rather than fast: each page of it is a fault before the first fault is served.
build/user/loader/rm/%.o: USER_FLAGS += -Os
build/user/%.o: % Makefile
	@mkdir -p $(@D)
	@echo "user     $<"
	@$(CROSS)gcc $(USER_FLAGS) -c $< -o $@

# ---- Boot archive ---------------------------------------------------------------------------------------------------

# Without debug information, which gdb finds in build/user/NAME.elf.
$(addprefix build/boot/,fs disk rm $(programs)): build/boot/%: build/user/%.elf
	@mkdir -p $(@D)
	@$(CROSS)objcopy --strip-debug $< $@
build/boot/text.txt: loader/programs/make_text.py
	@mkdir -p $(@D)
	@$(PYTHON) $< --bytes 1100000 --seed 1 > $@
build/boot/empty.txt:
	@mkdir -p $(@D)
	@: > $@
build/boot.cpio: scripts/make_cpio.py $(boot_files)
	@echo "archive  $@"
	@$(PYTHON) scripts/make_cpio.py $@ $(boot_files)

# ---- Host programs --------------------------------------------------------------------------------------------------

host_objects = $(patsubst %.c,build/host/%.o,$(1))
$(viz): $(call host_objects,$(viz_sources) $(wildcard viz/*.c))
	@mkdir -p $(@D)
	@echo "link     $@"
	@$(CC) $(HOST_FLAGS) $^ -lncursesw -ltinfo -lm -o $@
$(manual) $(completion): scripts/viz_manual.py $(viz)
	@mkdir -p $(@D)
	@$(PYTHON) $< $(if $(filter %.1,$@),man,completion) $(viz) > $@
build/bin/trace-metadata: build/host/scripts/trace_metadata.o
	@mkdir -p $(@D)
	@$(CC) $(HOST_FLAGS) $^ -o $@
build/bin/trace-generate: build/host/scripts/trace_generate.o build/host/tests/viz/generate.o
	@mkdir -p $(@D)
	@$(CC) $(HOST_FLAGS) $^ -o $@
build/bin/bench-viz: $(call host_objects,scripts/bench_viz.c $(viz_sources))
	@mkdir -p $(@D)
	@echo "link     $@"
	@$(CC) $(HOST_FLAGS) $^ -lncursesw -ltinfo -lm -o $@
$(metadata): build/bin/trace-metadata
	@mkdir -p $(@D)
	@$< > $@
# The reader and the model go through millions of events; the model is compiled as one, where the compiler can.
lto := $(if $(findstring clang,$(CC)),,-flto=auto)
build/host/viz/trace/%.o: HOST_FLAGS += -O3
build/host/viz/model/%.o: HOST_FLAGS += -O3 $(lto)
$(viz) build/bin/bench-viz: private HOST_FLAGS += $(lto)
build/host/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "host     $<"
	@$(CC) $(HOST_FLAGS) -c $< -o $@

# ---- Labs -----------------------------------------------------------------------------------------------------------

# The grader of a lab. It holds no line of a student's: those run in the guest alone.
lab_names := $(patsubst labs/%/checks.c,%,$(wildcard labs/*/checks.c))
grading_objects := $(call host_objects,$(wildcard labs/grading/*.c viz/trace/*.c))
lab_checks = $(call host_objects,$(filter-out %/starter.c,$(wildcard labs/$(1)/*.c)))
$(lab_names:%=build/labs/%/checks): build/labs/%/checks: $$(call lab_checks,$$*) $(grading_objects) | $(lab_payloads)
	@mkdir -p $(@D)
	@echo "link     $@"
	@$(CC) $(HOST_FLAGS) $^ $$(pkg-config --libs check) -o $@

# The file LAB_SOURCE in place of LAB_UNIT, a file of root, of a library that root links, or of the region mapper: a
# kernel and a boot archive that run it, faultline.elf and boot.cpio in the directory LAB_OUT; scripts/lab.py asks for
# them. Of the student's functions others see those alone that the kit's file has for them: a helper that happens to be
# called memcpy is nobody else's. If others use LAB_UNIT too and shall go on working, LAB_USERS are those of root that get
# the student's functions LAB_SYMBOLS, under names of their own. Warnings are the student's to read, not errors.
ifdef LAB_OUT
lab_program := $(if $(filter loader/rm/%,$(LAB_UNIT)),rm,root)
lab_rename = $(if $(LAB_SYMBOLS),@$(CROSS)objcopy $(foreach name,$(LAB_SYMBOLS),--redefine-sym $(name)=student_$(name)))
lab_users := $(LAB_USERS:%=$(LAB_OUT)/%.o)
$(LAB_OUT)/unit.o: USER_FLAGS += $(if $(filter rm,$(lab_program)),-Os)
$(LAB_OUT)/unit.o: $(LAB_SOURCE) build/user/$(LAB_UNIT).o Makefile
	@mkdir -p $(@D)
	@$(CROSS)gcc $(filter-out -Werror,$(USER_FLAGS)) -c $< -o $@
	@$(CROSS)nm --extern-only --defined-only --format=just-symbols build/user/$(LAB_UNIT).o > $@.names
	@$(CROSS)objcopy --keep-global-symbols=$@.names $@
	$(if $(LAB_SYMBOLS),$(lab_rename) $@)
$(lab_users): $(LAB_OUT)/%.o: build/user/%.o
	@mkdir -p $(@D)
	$(lab_rename) $< $@
$(LAB_OUT)/$(lab_program).elf: $(filter-out $(patsubst %,build/user/%.o,$(LAB_UNIT) $(LAB_USERS)),$($(lab_program)_objects)) \
    $(LAB_OUT)/unit.o $(lab_users) $(libraries) loader/$(lab_program)/$(lab_program).ld
	@$(call link_user,loader/$(lab_program)/$(lab_program).ld)
ifeq ($(lab_program),rm)
$(LAB_OUT)/rm: $(LAB_OUT)/rm.elf
	@$(CROSS)objcopy --strip-debug $< $@
lab_boot_files := $(patsubst build/boot/rm,$(LAB_OUT)/rm,$(boot_files))
$(LAB_OUT)/boot.cpio: scripts/make_cpio.py $(lab_boot_files)
	@$(PYTHON) scripts/make_cpio.py $@ $(lab_boot_files)
$(LAB_OUT)/faultline.elf: $(kernel)
	@cp $< $@
else
$(LAB_OUT)/root.bin: $(LAB_OUT)/root.elf
	@$(CROSS)objcopy -O binary --set-section-flags .bss=alloc,load,contents $< $@
$(LAB_OUT)/root_image.o: kernel/arch/riscv/root_image.S $(LAB_OUT)/root.bin
	@$(CROSS)gcc $(KERNEL_FLAGS) -Wa,-I$(LAB_OUT) -c $< -o $@
$(LAB_OUT)/faultline.elf: kernel/arch/riscv/kernel.ld \
    $(filter-out build/kernel/kernel/arch/riscv/root_image.S.o,$(kernel_objects)) $(LAB_OUT)/root_image.o
	@$(link_kernel)
$(LAB_OUT)/boot.cpio: build/boot.cpio
	@cp $< $@
endif
endif

# ---- Tests ----------------------------------------------------------------------------------------------------------

# What the Check programs of an area are linked with: the end of their mains, the other C files beside the tests, and
# the area's code as a library.
test_objects = $(patsubst %.c,build/sanitized/%.o,$(1))
support = tests/suite.c $(filter-out %_test.c %/checking.c,$(wildcard tests/$(1)/*.c))
build/tests/libkernel.a: $(call test_objects,$(kernel_core) kernel/arch/riscv/sv39.c)
build/tests/libfuzz.a: $(call test_objects,$(kernel_core) kernel/arch/riscv/sv39.c $(kernel_harness))
build/tests/libloader.a: $(call test_objects,$(loader_testable))
build/tests/liblabs.a: $(call test_objects,$(filter-out %/main.c,$(wildcard labs/grading/*.c)) $(wildcard viz/trace/*.c))
build/tests/libviz.a: $(call test_objects,$(filter-out viz/term/main.c,$(viz_sources)))
build/tests/lib%.a:
	@mkdir -p $(@D)
	@rm -f $@ && $(AR) qcs $@ $^

area = $(firstword $(subst /, ,$(1)))
$(test_programs): build/tests/%: build/sanitized/tests/%_test.o \
    $$(call test_objects,$$(call support,$$(call area,$$*))) build/tests/lib$$(call area,$$*).a
	@mkdir -p $(@D)
	@echo "link     $@"
	@$(CC) $(TEST_FLAGS) $^ $$(pkg-config --libs check) -lncursesw -ltinfo -lm $(link_flags) -o $@
# The one test makes allocations fail; the other sets the kernel's variables back, which therefore lie together.
build/tests/kernel/exhaustion: link_flags := -Wl,--wrap=memory_allocate
build/tests/fuzz/kernel: link_flags := -Wl,-T,tests/fuzz/kernel_state.ld
# The emulator of the tests in a terminal; the visualizer does without.
$(filter build/tests/viz/%,$(test_programs)): link_flags := -lvterm -lutil
build/sanitized/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "test     $<"
	@$(CC) $(TEST_FLAGS) -c $< -o $@

# demo and test install what is missing first; what they need of make's own comes in a second make.
demo test: setup
	@$(MAKE) --no-print-directory run-$@
tests: test
setup:
	@sh scripts/setup.sh

run-test: all $(checking) $(test_programs)
	@$(PYTHON) scripts/run_tests.py $(test_programs) $(python_tests)
run-demo: all
	@$(PYTHON) scripts/demo.py
# Writes anew what the tests of the visualizer compare with. `git diff` shows what that changed.
golden_tests = $(patsubst tests/%_test.c,build/tests/%,$(shell grep -lE "test_golden|test_file|test_frame_compare" tests/viz/*_test.c))
golden: $(golden_tests)
	@for program in $^; do UPDATE_GOLDEN=1 $$program >/dev/null || exit 1; done
	@git status --short tests/viz/golden viz || true
bench: all $(checking)
	@$(PYTHON) scripts/bench.py

bench-viz: $(viz) $(metadata) build/bin/trace-generate build/bin/bench-viz
	@$(PYTHON) scripts/bench_viz.py

policies: all
	@$(PYTHON) scripts/policies.py

# Third-party programs; fetches their sources through apt, so it is no part of `make test`.
test-foreign: all
	@$(PYTHON) tests/foreign/programs.py

# A million random system calls of an unprivileged task, every invariant checked after each: about a quarter of an hour.
COUNT := 1000000
SEED := 1
rogue: all $(checking)
	@scripts/run.py --arrangement internal --program rogue-kernel --append grant=kernel-objects --kernel $(checking) \
	    --trace off --wall 7200 --out build/run/rogue -- $(COUNT) $(SEED)

# The labs: labs/README.md. Only what was given on the command line goes to lab.py: SEED has another meaning above.
lab_words = $(foreach word,LAB STEP SEED NAME EVENT RUN PROGRAM MUTANT UNIT ANSWERS,$(if $(filter command,$(origin $(word))), \
    "$(word)=$($(word))"))
$(lab_commands):
	@$(PYTHON) scripts/lab.py $@ $(lab_words)

# ---- The fuzzer and the coverage -------------------------------------------------------------------------------------

# clang is needed for this target only. What it finds, and how to repeat it, is in build/fuzz/findings.
SECONDS := 600
JOBS := 2
CLANG := clang
FUZZ_FLAGS := $(COMMON) -O2 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
fuzz_objects := $(patsubst %.c,build/fuzz/objects/%.o,$(wildcard tests/fuzz/kernel_fuzz.c tests/fuzz/snapshot.c))
build/fuzz/libfuzz.a: $(patsubst %.c,build/fuzz/objects/%.o,$(kernel_core) kernel/arch/riscv/sv39.c $(kernel_harness))
	@rm -f $@ && $(AR) qcs $@ $^
build/fuzz/kernel: $(fuzz_objects) build/fuzz/libfuzz.a tests/fuzz/kernel_state.ld
	@echo "link     $@"
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $(filter %.o %.a,$^) -Wl,-T,tests/fuzz/kernel_state.ld -o $@
# The kernel is what shall be covered. The checker runs after every step: it is no suspect, and shall be fast.
build/fuzz/objects/kernel/%.o: FUZZ_FLAGS += -fsanitize=fuzzer-no-link
build/fuzz/objects/tests/kernel/check.o: FUZZ_FLAGS := $(COMMON) -O2
build/fuzz/objects/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "fuzz     $<"
	@$(CLANG) $(FUZZ_FLAGS) -c $< -o $@
build/fuzz/elf: $(patsubst %.c,build/fuzz/objects/%.o,tests/loader/elf_fuzz.c $(wildcard loader/elf/*.c))
	@echo "link     $@"
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ -o $@
build/fuzz/objects/loader/%.o build/fuzz/objects/viz/%.o: FUZZ_FLAGS += -fsanitize=fuzzer-no-link
# What is compared with what is known to the mutator of traces; noting each comparison would take a third of the time.
build/fuzz/objects/viz/%.o: FUZZ_FLAGS += -fno-sanitize-coverage=trace-cmp
viz_fuzz := $(addprefix tests/viz/,reader_fuzz.c support_trace.c generate.c)
build/fuzz/viz: $(patsubst %.c,build/fuzz/objects/%.o,tests/viz/trace_fuzz.c $(viz_fuzz) $(viz_sources))
	@echo "link     $@"
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ -Wl,--defsym=LLVMFuzzerCustomMutator=reader_fuzz_mutate \
	    -lncursesw -ltinfo -lm -o $@
# Nothing that draws is in it: what covers nothing would only cost time, and this one is there for millions of inputs.
build/fuzz/reader: $(patsubst %.c,build/fuzz/objects/%.o,$(viz_fuzz) $(wildcard viz/trace/*.c viz/model/*.c))
	@echo "link     $@"
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ -Wl,--defsym=LLVMFuzzerTestOneInput=reader_fuzz \
	    -Wl,--defsym=LLVMFuzzerCustomMutator=reader_fuzz_mutate -o $@
fuzz:
	@sh tests/fuzz/run.sh --check $(CLANG)
	@$(MAKE) --no-print-directory build/fuzz/kernel
	@sh tests/fuzz/run.sh kernel 800 $(SECONDS) $(JOBS)
fuzz-elf:
	@sh tests/fuzz/run.sh --check $(CLANG)
	@$(MAKE) --no-print-directory build/fuzz/elf
	@sh tests/fuzz/run.sh elf 700 $(SECONDS) $(JOBS)
fuzz-viz:
	@sh tests/fuzz/run.sh --check $(CLANG)
	@$(MAKE) --no-print-directory build/fuzz/viz
	@sh tests/fuzz/run.sh viz 8194 $(SECONDS) $(JOBS)
# RUNS=10000000 counts inputs instead of seconds: about an hour.
fuzz-reader:
	@sh tests/fuzz/run.sh --check $(CLANG)
	@$(MAKE) --no-print-directory build/fuzz/reader
	@sh tests/fuzz/run.sh reader 2050 $(if $(RUNS),0,$(SECONDS)) $(JOBS) -entropic=0 $(if $(RUNS),-runs=$(RUNS))

# Without sanitizers, whose branches would count. -fdata-sections: tests/fuzz/kernel_state.ld tells variables apart.
COVERAGE_FLAGS := $(COMMON) -O0 -fdata-sections --coverage
kernel_tests := $(filter build/tests/kernel/% build/tests/fuzz/%,$(test_programs))
coverage_programs := $(kernel_tests:build/tests/%=build/coverage/%)
coverage_objects = $(patsubst %.c,build/coverage/objects/%.o,$(1))
coverage: $(coverage_programs)
	@$(PYTHON) scripts/coverage.py --lines $(coverage_programs)
$(coverage_programs): build/coverage/%: build/coverage/objects/tests/%_test.o \
    $$(call coverage_objects,$$(call support,$$(call area,$$*))) build/coverage/lib$$(call area,$$*).a
	@mkdir -p $(@D)
	@$(CC) $(COVERAGE_FLAGS) $^ $$(pkg-config --libs check) $(link_flags) -o $@
build/coverage/libkernel.a: $(call coverage_objects,$(kernel_core) kernel/arch/riscv/sv39.c)
build/coverage/libfuzz.a: $(call coverage_objects,$(kernel_core) kernel/arch/riscv/sv39.c $(kernel_harness))
build/coverage/libkernel.a build/coverage/libfuzz.a:
	@rm -f $@ && $(AR) qcs $@ $^
build/coverage/kernel/exhaustion: link_flags := -Wl,--wrap=memory_allocate
build/coverage/fuzz/kernel: link_flags := -Wl,-T,tests/fuzz/kernel_state.ld
build/coverage/objects/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "coverage $<"
	@$(CC) $(COVERAGE_FLAGS) -c $< -o $@

# ---- Installing the visualizer, which needs no other file --------------------------------------------------------------

PREFIX := /usr/local
DESTDIR :=
installed := bin/faultline-viz share/man/man1/faultline-viz.1 share/bash-completion/completions/faultline-viz
installed_files := $(addprefix $(DESTDIR)$(PREFIX)/,$(installed))
install: $(viz) $(manual) $(completion)
	@install -d $(dir $(installed_files))
	@install -m 755 $(viz) $(word 1,$(installed_files))
	@install -m 644 $(manual) $(word 2,$(installed_files))
	@install -m 644 $(completion) $(word 3,$(installed_files))
	@echo "installed $(installed_files)"
uninstall:
	@rm -f $(installed_files)

# ---- Care -----------------------------------------------------------------------------------------------------------

doctor:
	@sh scripts/setup.sh --doctor
format:
	@clang-format -i $(c_files)
format-check:
	@clang-format --dry-run --Werror $(c_files) && echo "every file is formatted"
# Suppressed: cppcheck does not know that a panic ends everything, nor that the linker defines two ends of one thing.
lint:
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
	    --suppress=missingIncludeSystem \
	    --suppress=ctunullpointer --suppress=nullPointerRedundantCheck --suppress=comparePointers -I. \
	    $(viz_sources) $(kernel_core) $(loader_testable) $(filter-out %/starter.c,$(wildcard labs/*/*.c)) scripts
	@$(PYTHON) -m compileall -q scripts $(wildcard tests/*/*.py loader/programs/*.py)
	@echo "nothing to complain about"
clean:
	@rm -rf build
help:
	@echo "make              build everything into build/"
	@echo "make demo         run wordcount in both arrangements and open the visualizer on the two traces"
	@echo "make kernel       build one part only; so do make loader and make viz"
	@echo "make test         run every test (demo and test install what is missing first)"
	@echo "make golden       write anew what the visualizer's tests compare with; git diff shows what changed"
	@echo "make test-foreign build third-party programs from Debian's sources, fetched now, and compare them with the host's"
	@echo "make bench        measure the kernel's operations, in instructions"
	@echo "make bench-viz    measure the visualizer on ten million events, and babeltrace2 on the same file"
	@echo "make policies     what read-ahead, larger mappings and pre-mapping cost and save, in each arrangement"
	@echo "make start LAB=06 begin a lab (01, 02, 06 or 07): labs/README.md; then make lab, grade, hint, run, watch, gdb, reset"
	@echo "make mutants      are the graders good? (LAB=06; make new-lab NAME=03-x UNIT=file.c, or ANSWERS=1: a new lab's skeleton)"
	@echo "make rogue        a million random system calls under a kernel that checks itself (COUNT=1000000 SEED=1)"
	@echo "make fuzz         fuzz the kernel's core (SECONDS=600 JOBS=2); needs clang"
	@echo "make fuzz-elf     fuzz the reader of executables (SECONDS=600 JOBS=2); needs clang"
	@echo "make fuzz-viz     fuzz the visualizer with broken traces (SECONDS=600 JOBS=2); needs clang"
	@echo "make fuzz-reader  the same without drawing: some thousand inputs a second (RUNS=10000000 counts inputs instead)"
	@echo "make coverage     which lines of the kernel's core its native tests reach"
	@echo "make doctor       show each tool, its version, and what to install"
	@echo "make install      install the visualizer below PREFIX=/usr/local (and DESTDIR); make uninstall takes it away"
	@echo "make format       format the C files; make format-check only looks"
	@echo "make lint         static checks"
	@echo "make clean        remove build/"
	@echo "scripts/run.py --help    run one program"

# A goal that does not exist is an error even if a file or a folder of that name lies here. (--always-make asks for a
# rule for each source file too.)
no_goals := $(filter-out Makefile kernel loader viz tests,$(wildcard *))
no_such_goal = $(error there is no target "$@" and no rule that makes it; `make help` lists the targets)
.PHONY: $(no_goals)
$(no_goals):
	@$(no_such_goal)
.DEFAULT:
	@$(if $(wildcard $@),:,$(no_such_goal))

dependencies := $(shell find build -name '*.d' 2>/dev/null)
-include $(dependencies)
# They come with what they are about. Without this, one that is removed meanwhile would be a goal that does not exist.
$(dependencies): ;
