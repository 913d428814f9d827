# Waits until the container's device ethwe is up, then becomes the command that it was given: w COMMAND [ARGUMENT...]
# x86-64, Linux, no library. Ends with 127 when the command cannot be run. wait-program.ts holds what `as` makes of it.
.intel_syntax noprefix
.globl _start
_start:
    mov rbp, rsp
# The carrier is 1 once the device is up, and it is brought up after its addresses were set.
wait:
    lea rdi, [rip + carrier]
    xor esi, esi
    push 2
    pop rax
    syscall
    test eax, eax
    js pause
    mov ebx, eax
    sub rsp, 16
    mov edi, ebx
    mov rsi, rsp
    push 1
    pop rdx
    xor eax, eax
    syscall
    mov r12d, eax
    movzx r13d, byte ptr [rsp]
    add rsp, 16
    mov edi, ebx
    push 3
    pop rax
    syscall
    cmp r12d, 1
    jne pause
    cmp r13d, '1'
    je run
# nanosleep, 5 ms
pause:
    lea rdi, [rip + interval]
    xor esi, esi
    push 35
    pop rax
    syscall
    jmp wait
# r14: the arguments from the command on. r15: the environment. rbx: the command.
run:
    mov rcx, [rbp]
    lea r14, [rbp + 16]
    lea r15, [rbp + rcx*8 + 16]
    mov rbx, [r14]
    test rbx, rbx
    jz fail
    mov rdi, rbx
# A command with a slash is a path; others are looked for in PATH.
slash:
    mov al, [rdi]
    inc rdi
    cmp al, '/'
    je direct
    test al, al
    jnz slash
    mov rsi, r15
path:
    mov rdi, [rsi]
    test rdi, rdi
    jz direct
    add rsi, 8
    cmp dword ptr [rdi], 0x48544150
    jne path
    cmp byte ptr [rdi + 4], '='
    jne path
    lea r12, [rdi + 5]
    sub rsp, 8192
# r12: the rest of PATH. r13: where a path that is too long is cut off. r8: what ended the folder's name, ':' or 0.
folder:
    mov rdi, rsp
    lea r13, [rsp + 4096]
copy:
    mov al, [r12]
    test al, al
    jz joined
    inc r12
    cmp al, ':'
    je joined
    cmp rdi, r13
    jae copy
    stosb
    jmp copy
joined:
    mov r8d, eax
    mov al, '/'
    stosb
    mov rsi, rbx
name:
    lodsb
    cmp rdi, r13
    ja next
    stosb
    test al, al
    jnz name
    mov rdi, rsp
    mov rsi, r14
    mov rdx, r15
    push 59
    pop rax
    syscall
next:
    test r8b, r8b
    jnz folder
direct:
    mov rdi, rbx
    mov rsi, r14
    mov rdx, r15
    push 59
    pop rax
    syscall
# exit
fail:
    push 127
    pop rdi
    push 60
    pop rax
    syscall
interval:
    .quad 0, 5000000
carrier:
    .asciz "/sys/class/net/ethwe/carrier"
